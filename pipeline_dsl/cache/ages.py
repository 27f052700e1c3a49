"""How long ago something was."""

from __future__ import annotations

_UNITS = ((24 * 3600, "day"), (3600, "h"), (60, "min"))


def ago(seconds: float) -> str:
    """Say how long ago something was, roughly, as it only has to be told from other times.

    Arguments:
        seconds: the time since then; less than nothing, where a clock was set back, is nothing.
    """
    for length, unit in _UNITS:
        count = int(seconds // length)
        if count > 0:
            return f"{count} {unit}{'s' * (unit == 'day' and count > 1)} ago"
    return f"{max(int(seconds), 0)} s ago"
