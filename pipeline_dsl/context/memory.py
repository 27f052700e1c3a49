"""What an earlier run has found in a directory, as far as it still is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.context.content import is_racy, is_unchanged
from pipeline_dsl.context.layers import below
from pipeline_dsl.context.looking import look
from pipeline_dsl.context.snapshot import Trace
from pipeline_dsl.context.unit import CHANGED, FULL, MODE, RACY, RENAMED, Unit, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline_dsl.context.ignore import Ignore

_KEPT = 1000
"""Traces that are kept at most."""


class Memory:
    """A snapshot that is compared with the disk, each directory once.

    Arguments:
        root: the directory.
        traces: what was found then.
        ignore: gives what is not part of the directory.
        now: the time, in nanoseconds since 1970.
    """

    def __init__(
        self, root: str, traces: Mapping[str, Trace], ignore: Callable[[], Ignore], now: int
    ) -> None:
        self._root = root
        self._traces = traces
        self._ignore = ignore
        self._now = now
        self._checked: dict[Unit, Unit | None] = {}

    @property
    def has_learned(self) -> bool:
        """Whether more is known now than then."""
        return any(new is not None and new is not old for old, new in self._checked.items())

    def digest(self, key: str) -> str | None:
        """Give the digest that was found for a request, if it still is what would be found."""
        trace = self._traces.get(key)
        return trace.digest if trace and self._is_so(trace.units) else None

    def units(self) -> Iterator[Unit]:
        """Give what is known of directories; what has changed in them is told by signatures."""
        for unit in dict.fromkeys(unit for trace in self._traces.values() for unit in trace.units):
            yield self._checked.get(unit) or unit

    def traces(self, found: Mapping[str, Unit]) -> dict[str, Trace]:
        """Give the traces that may still be so.

        Arguments:
            found: directories that were listed meanwhile, by place.
        """
        kept: dict[str, Trace] = {}
        for key, trace in list(self._traces.items())[-_KEPT:]:
            units = [self._latest(unit, found) for unit in trace.units]
            known = tuple(unit for unit in units if unit is not None)
            if len(known) == len(units):
                kept[key] = Trace(trace.digest, known)
        return kept

    def _latest(self, unit: Unit, found: Mapping[str, Unit]) -> Unit | None:
        known = self._checked.get(unit, unit)
        if known is None or not known.is_whole or known.place not in found:
            return known
        other = found[known.place]
        if other.says_the_same_as(known):
            return other
        return known if unit in self._checked else None

    def unchanged(self) -> dict[str, Unit]:
        """Give the directories, by place, of which all that was noted is so, to all that can be told."""
        settled = filter(None, self._checked.values())
        return {unit.place: unit for unit in settled if unit.is_whole and RACY not in unit.classes}

    def _is_so(self, units: tuple[Unit, ...]) -> bool:
        found = look([unit for unit in units if unit not in self._checked])
        for unit in units:
            if unit not in self._checked:
                self._checked[unit] = self._settled(unit, found[unit])
        return all(self._checked[unit] is not None for unit in units)

    def _settled(self, unit: Unit, found: int) -> Unit | None:
        """Give what is known of a directory after a look at it; None if that has changed."""
        if found == CHANGED:
            return None
        renamed = self._renamed(unit) if found == RENAMED else unit
        return renamed and self._read_again(renamed)

    def _renamed(self, unit: Unit) -> Unit | None:
        """Accept that other names have come or gone, if they are ignored whatever they are."""
        try:
            names = names_in(unit.place)
        except OSError:
            return None
        directory = unit.place[len(self._root) + 1 :]
        others = set(names).difference(unit.of(MODE, FULL, RACY))
        ignore = self._ignore()
        if all(ignore.prunes(below(directory, name)) for name in others):
            return unit.beside(sorted(others))
        return None

    def _read_again(self, unit: Unit) -> Unit | None:
        """Read what may have changed unnoticed."""
        if RACY not in unit.classes:
            return unit
        now: list[int] = []
        for place, number, signed, digest in unit.known():
            if number == RACY and not is_unchanged(place, signed, digest):
                return None
            now.append(RACY if number == RACY and is_racy(signed, self._now) else FULL)
        return unit.with_classes_of_known(now)
