"""One look at a store, and what goes then."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH106, PTH108, PTH119, PTH120
from __future__ import annotations

import collections
import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache import gate, layout, leases
from pipeline_dsl.cache.files import File, sizes, usage, walk
from pipeline_dsl.cache.survey import NOTE, OBJECT, Entry, Found, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Limits(NamedTuple):
    """What may stay.

    Arguments:
        size: how many bytes on disk.
        used: what was used since then, in nanoseconds since 1970.
    """

    size: float
    used: float


class Pruning:
    """One look at everything, and what goes then.

    Arguments:
        root: the store.
        limits: what may stay.
        before: says what may go; None to remove nothing, and only to count.

    Attributes:
        removed: what has gone, or would have.
        freed: how many bytes it took.
        held: how many bytes had to stay for the runs that are under way.
        size: how many bytes are left.
    """

    def __init__(self, root: str, limits: Limits, before: Callable[[Entry], bool] | None) -> None:
        self.root = root
        self.limits = limits
        self.before = before
        self.removed: list[Entry] = []
        self.freed = 0
        self.held = 0
        # The leases come after the survey. A run that began before it is known by its lease, and what a later
        # one uses has changed since.
        self.found = survey(root)
        self.began = self._clean()
        self.sizes = sizes(root)
        self.size = sum(self.sizes.values()) - (self.freed if before is None else 0)
        records, objects = self.found.records, self.found.objects.values()
        self.users = collections.Counter(name for each in records for name in each.objects)
        self.siblings = collections.Counter(each.file.directory for each in (*records, *objects))

    def go_through(self) -> None:
        """Remove what has to go, in the right order."""
        for each in sorted(self._candidates(), key=self._rank):
            if self._is_expired(each) or self.size > self.limits.size:
                self._try(each)
        if self.before is not None:
            self.size = usage(self.root)

    def _candidates(self) -> Iterator[Found]:
        """Give what can go by itself: an object that a record names goes with the record."""
        yield from (each for name, each in self.found.objects.items() if name not in self.users)
        yield from self.found.records
        yield from self.found.notes

    def _rank(self, each: Found) -> tuple[bool, bool, int]:
        return not self._is_expired(each), each.entry.kind != OBJECT, each.file.used_ns

    def _is_expired(self, each: Found) -> bool:
        return each.file.used_ns < self.limits.used

    def _is_held(self, each: Found) -> bool:
        return self.began is not None and each.file.used_ns >= self.began

    def _try(self, first: Found) -> None:
        named = [self.found.objects[name] for name in sorted(first.objects) if self._is_last(name)]
        if self._is_held(first):
            self.held += _size([first, *named])
            return
        if self.before is None:
            gone = [first, *(each for each in named if not self._is_held(each))]
        else:
            gone = self._remove(first, named, self.before)
        if gone:
            self.users.subtract(first.objects)
            self.removed += (each.entry for each in gone)
            self.held += _size(each for each in named if each not in gone)
            freed = _size(gone) + self._emptied(gone)
            self.freed += freed
            self.size -= freed

    def _emptied(self, gone: Iterable[Found]) -> int:
        """Give what the directories take in which there is nothing any more."""
        directories = [each.file.directory for each in gone if each.entry.kind != NOTE]
        self.siblings.subtract(directories)
        return sum(self.sizes.get(each, 0) for each in set(directories) if not self.siblings[each])

    def _is_last(self, name: str) -> bool:
        return name in self.found.objects and self.users[name] == 1

    def _remove(self, first: Found, named: list[Found], before: Callable[[Entry], bool]) -> list[Found]:
        with gate.exclusive(self.root):
            if not first.file.is_unchanged() or not before(first.entry):
                return []
            gone = [first, *(each for each in named if not self._is_held(each) and each.file.is_unchanged())]
            for file in (*first.pointers, *(each.file for each in gone)):
                _unlink(file)
        return gone

    def _clean(self) -> int | None:
        """Remove what is of no use at all; say when the oldest lease began."""
        with gate.exclusive(self.root):
            began = leases.oldest(self.root)
            rubbish = [*_abandoned(self.root), *self.found.damaged, *self.found.loose]
            for file in rubbish:
                self.freed += file.size
                if self.before is not None:
                    _unlink(file)
        return began


def _size(found: Iterable[Found]) -> int:
    return sum(file.size for each in found for file in (each.file, *each.pointers))


def _abandoned(root: str) -> Iterator[File]:
    """Find what dead processes have left: what is still in use is locked."""
    for name in (layout.LEASES, layout.TEMPORARY):
        yield from (file for file in walk(layout.directory(root, name)) if not leases.is_locked(file.path))


def _unlink(file: File) -> None:
    """Remove a file that has not been used since, and its directory if there is nothing else."""
    if file.is_unchanged():
        os.unlink(file.path)
        parent = os.path.dirname(file.path)
        if len(os.path.basename(parent)) == layout.FAN_OUT:
            with contextlib.suppress(OSError):
                os.rmdir(parent)
