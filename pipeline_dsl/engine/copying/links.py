"""Symbolic links that come out of a container."""

from __future__ import annotations

import os

_LONGEST = 4095
"""Bytes that a target may have."""


def stays_inside(path: str, target: str) -> bool:
    """Say whether a symbolic link leads to a place inside the tree that is copied, whatever else is there.

    Such a target goes up first, not above the tree, and then only down. Links that it meets on its way down
    go on from their own directories in the same way. After a name, a ``..`` would go up from wherever a link
    of that name leads.

    Arguments:
        path: where the link is in the tree: relative, clean; empty if it is all of it.
        target: what the link says.
    """
    steps = [step for step in target.split("/") if step not in ("", ".")]
    above = next((index for index, step in enumerate(steps) if step != ".."), len(steps))
    possible = bool(path and target) and len(os.fsencode(target)) <= _LONGEST and "\0" not in target
    relative = not target.startswith("/") and above <= path.count("/") and ".." not in steps[above:]
    return possible and relative
