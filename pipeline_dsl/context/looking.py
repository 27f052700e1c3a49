"""Looking at many directories at once: in two processes, where there are processors for both."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

from pipeline_dsl.context.unit import CHANGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_dsl.context.unit import Unit

_WORTHWHILE = 5000
"""Files from which on a second process takes less time than it costs."""


def look(units: Sequence[Unit]) -> dict[Unit, int]:
    """Compare directories with what is on disk, until one has changed.

    Arguments:
        units: what is remembered of them.

    Returns:
        How each is found; see ``Unit.look``. Some may be missing, after one that has changed above all.
    """
    half = _half(units)
    if not half:
        return _found(units)
    receiving, sending = os.pipe()
    try:
        child = os.fork()
    except OSError:  # too many processes
        os.close(receiving)
        os.close(sending)
        return _found(units)
    if not child:
        _report(units[half:], sending)
    os.close(sending)
    try:
        with open(receiving, "rb") as pipe:  # noqa: PTH123 -- it has no path
            found = _found(units[:half])
            return found | dict(zip(units[half:], pipe.read(), strict=False))
    finally:
        with contextlib.suppress(ChildProcessError):  # somebody else collects all children
            os.waitpid(child, 0)


def _found(units: Sequence[Unit]) -> dict[Unit, int]:
    found: dict[Unit, int] = {}
    for unit in units:
        found[unit] = unit.look()
        if found[unit] == CHANGED:
            break
    return found


def _half(units: Sequence[Unit]) -> int:
    """Say how many units are about half of the work; none if it is not worthwhile, or not safe, to share it.

    A process with several threads must not fork: what the others hold locked, stays so in the child.
    """
    sizes = [len(unit.names) for unit in units]
    total = sum(sizes)
    if total < _WORTHWHILE or threading.active_count() > 1 or not _has_processors():
        return 0
    done = 0
    for number, size in enumerate(sizes):
        done += size
        if 2 * done >= total:
            return number + 1
    return 0


def _has_processors() -> bool:
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _report(units: Sequence[Unit], sending: int) -> NoReturn:
    """Do the work of the second process, and end it without any of the first one's farewells."""
    try:
        os.write(sending, bytes(_found(units).values()))
    finally:
        os._exit(0)
