"""Times as people say them: ``0.4 s``, ``12 s``, ``3 min 04 s``, ``1 h 02 min``."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 60 * _MINUTE
_TENTHS_BELOW = 10


def duration(seconds: float) -> str:
    """Write a time that is over, with tenths where they matter.

    Arguments:
        seconds: the time, in seconds.
    """
    if round(seconds, 1) < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    return _whole(round(seconds))


def elapsed(seconds: float) -> str:
    """Write a time that is still running: whole seconds, as ticking tenths make a restless view.

    Arguments:
        seconds: the time so far, in seconds.
    """
    return _whole(int(seconds))


def _whole(seconds: int) -> str:
    minutes, rest = divmod(seconds, _MINUTE)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, _MINUTE)
    if not hours:
        return f"{minutes} min {rest:02} s"
    return f"{hours} h {minutes:02} min"
