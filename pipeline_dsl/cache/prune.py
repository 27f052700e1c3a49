"""Pruning: removing from a store what was not used for the longest time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache import opening
from pipeline_dsl.cache.failure import told
from pipeline_dsl.cache.files import usage
from pipeline_dsl.cache.pruning import Limits, Pruning

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.cache.survey import Entry

_NANOSECONDS = 10**9

_PASSES = 3
"""How often is looked again whether the store is small enough: others may write meanwhile."""


class PruneResult(NamedTuple):
    """What was removed, or would be.

    Arguments:
        removed: what is gone: records, objects and notes.
        freed: how many bytes on disk they took; with them went what dead processes had left, and damage.
        size: how many bytes the store takes on disk now, as ``du`` counts them.
        held: how many bytes had to stay for the runs that are under way.
    """

    removed: tuple[Entry, ...]
    freed: int
    size: int
    held: int


def prune(  # noqa: PLR0913 -- each is a decision of its own
    store: Store,
    *,
    max_size: int | None,
    max_age: float | None,
    dry_run: bool,
    now: float,
    before: Callable[[Entry], bool] = lambda _: True,
) -> PruneResult:
    """Remove what is too old, and then what was used least recently, until the rest is small enough.

    Nothing goes that was used since the oldest of the runs that live began. Objects that no record names
    go first, and a record takes the objects along that no other names.

    Arguments:
        store: the store.
        max_size: how many bytes it may take on disk, as ``du`` counts them; None for any.
        max_age: how many seconds ago something may have been used last; None for any.
        dry_run: remove nothing.
        now: the time, in seconds since 1970.
        before: is given each entry before it goes, and says whether it may. Meanwhile nobody else can
            use the store.

    Raises:
        StoreError: the store cannot be written.
    """
    if not opening.is_current(store.root):
        return _cleared(store.root, dry_run=dry_run)
    limits = Limits(
        math.inf if max_size is None else max_size,
        -math.inf if max_age is None else (now - max_age) * _NANOSECONDS,
    )
    removed: list[Entry] = []
    freed = 0
    for _ in range(_PASSES):
        with told():
            work = Pruning(store.root, limits, None if dry_run else before)
            work.go_through()
        removed += work.removed
        freed += work.freed
        if dry_run or work.size <= limits.size or not work.removed:
            break
    return PruneResult(tuple(removed), freed, work.size, work.held)


def _cleared(root: str, *, dry_run: bool) -> PruneResult:
    """Remove all of another version's store."""
    before = usage(root)
    if before and not dry_run:
        with told():
            opening.prepare(root)
    after = usage(root)
    return PruneResult((), before - after, after, 0)
