"""Looking at many directories at once: in two processes, where there are processors for both."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING

from pipeline_dsl.context.beside import Beside, can_fork

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline_dsl.context.unit import Unit

_WORTHWHILE = 5000
"""Files from which on a second process takes less time than it costs."""


def is_worthwhile(units: Iterable[Unit]) -> bool:
    """Say whether a second process would take less time than it costs, and is safe."""
    return sum(len(unit.names) for unit in units) >= _WORTHWHILE and can_fork()


def look(units: Sequence[Unit]) -> dict[Unit, int]:
    """Compare directories with what is on disk.

    Arguments:
        units: what is remembered of them.

    Returns:
        How each is found; see ``Unit.look``.
    """
    half = _half(units) if is_worthwhile(units) else len(units)
    mine, others = units[:half], units[half:]
    try:
        beside = Beside(lambda: _found(others)) if others else None
    except OSError:  # too many processes
        beside = None
    found = _found(mine)
    answer = beside and beside.answer()
    if beside:
        beside.end()
    return dict(zip(units, found + (answer or _found(others)), strict=True))


def _found(units: Iterable[Unit]) -> bytes:
    return bytes(unit.look() for unit in units)


def _half(units: Sequence[Unit]) -> int:
    """Say how many units are about half of the work."""
    done = list(itertools.accumulate(len(unit.names) for unit in units))
    return bisect.bisect_left(done, done[-1] / 2) + 1
