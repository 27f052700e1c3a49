"""Pruning: what goes, in which order, and that the rest is really small enough."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache import leases
from pipeline_dsl.cache.prune import PruneResult, prune
from pipeline_dsl.cache.store import Store, StoreError
from tests.cache.kept import du, record, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.cache.survey import Entry

NOW = 1_700_000_000.0
DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def used(store: Store, name: str, days_ago: float) -> None:
    """Have a record or an object, or the only note, been used last some days before NOW."""
    (path,) = (path for path in Path(store.root).rglob(name) if path.is_file())
    moment = NOW - days_ago * DAY
    os.utime(path, (moment, moment))


def keep(store: Store, number: int, days_ago: float, content: bytes = b"") -> str:
    """Keep a record, with an object if there is content for it, used last some days before NOW."""
    digest = store.add([content]) if content else None
    kept = record(f"links/{number}", number=number, files=digest)
    store.write(kept)
    used(store, kept.key, days_ago)
    if digest:
        used(store, digest, days_ago)
    return kept.key


def pruned(
    store: Store, max_size: int | None = None, max_age: float | None = None, *, dry_run: bool = False
) -> PruneResult:
    return prune(store, max_size=max_size, max_age=max_age, dry_run=dry_run, now=NOW)


def names(result: PruneResult) -> list[str]:
    return [entry.name for entry in result.removed]


def test_without_limits_everything_stays(store: Store) -> None:
    keep(store, 1, 1000, b"content")
    before = tree(Path(store.root))
    result = pruned(store)
    assert (result.removed, result.freed, result.held) == ((), 0, 0)
    assert result.size == du(Path(store.root))
    assert tree(Path(store.root)) == before


def test_what_was_not_used_for_too_long_goes(store: Store) -> None:
    old, young = keep(store, 1, 31), keep(store, 2, 29)
    store.write_note("index", b"")
    used(store, next(Path(store.root, "notes").iterdir()).name, 40)
    result = pruned(store, max_age=30 * DAY)
    assert [entry.kind for entry in result.removed] == ["note", "run"]
    assert names(result)[1] == old
    assert store.find("run", old) is None
    assert store.find("run", young) is not None


def test_what_was_used_least_recently_goes_first(store: Store) -> None:
    keys = {days: keep(store, days, days) for days in (3, 1, 4, 2)}
    result = pruned(store, max_size=du(Path(store.root)) - 1)
    assert names(result) == [keys[4]]
    result = pruned(store, max_size=du(Path(store.root)) - 20_000)
    assert names(result) == [keys[3], keys[2]]


def test_objects_that_no_record_names_go_first(store: Store) -> None:
    old = keep(store, 1, 9, b"named")
    loose = store.add([b"loose"])
    used(store, loose, 0)
    result = pruned(store, max_size=du(Path(store.root)) - 1)
    assert names(result) == [loose]
    assert store.find("run", old) is not None


def test_a_record_takes_the_objects_along_that_no_other_names(store: Store) -> None:
    first, second = keep(store, 1, 9, b"shared"), keep(store, 2, 8, b"shared")
    own = keep(store, 3, 7, b"own")
    shared = store.add([b"shared"])
    used(store, shared, 30)
    result = pruned(store, max_age=8.5 * DAY)
    assert names(result) == [first]
    assert store.has(shared)
    assert names(pruned(store, max_age=6 * DAY))[:2] == [second, shared]
    assert store.find("run", own) is None


def test_the_latest_of_a_subject_goes_with_its_record(store: Store) -> None:
    keep(store, 1, 9)
    pruned(store, max_age=DAY)
    assert store.latest("run", "links/1") is None
    assert not [path for path in Path(store.root, "subjects").rglob("*") if path.is_file()]


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_a_store_is_no_larger_than_it_may_be_by_the_systems_own_count(store: Store, part: float) -> None:
    empty = Path(store.root).parent / "empty"
    Store(empty).write_note("", b"")
    pruned(Store(empty), max_size=0)
    for number in range(40):
        keep(store, number, number, bytes([number]) * 700 * number)
    least = du(empty) + 2 * 4096  # a directory for each kind of record, and of latest record
    allowed = max(least, round(du(Path(store.root)) * part))
    result = pruned(store, max_size=allowed)
    assert du(Path(store.root)) == result.size <= allowed
    assert bool(result.removed) == (part < 1)
    assert allowed - result.size < 50_000  # and no more has gone than had to: that is about a record


def test_a_dry_run_says_what_would_go_and_changes_nothing(store: Store) -> None:
    for number in range(10):
        keep(store, number, number, bytes([number // 3]) * 9000)
    used(store, store.add([b"loose"]), 50)
    (Path(store.root) / "temporary" / "left").write_bytes(b"by a dead process")
    (Path(store.root) / "leases" / "left").write_bytes(b"")
    before, before_size = tree(Path(store.root)), du(Path(store.root))
    limits = (du(Path(store.root)) // 2, 7 * DAY)
    told = pruned(store, *limits, dry_run=True)
    assert tree(Path(store.root)) == before
    result = pruned(store, *limits)
    assert result.removed
    assert (told.removed, told.freed) == (result.removed, result.freed)
    assert result.freed == before_size - du(Path(store.root))
    assert told.size == result.size


def test_what_dead_processes_have_left_goes(store: Store) -> None:
    keep(store, 1, 1)
    left = [Path(store.root, place, "left") for place in ("temporary", "leases")]
    for path in left:
        path.write_bytes(b"x" * 5000)
    result = pruned(store)
    assert not any(path.exists() for path in left)
    assert (result.removed, result.freed) == ((), 2 * 8192)


def test_what_is_just_being_written_stays(store: Store) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"con"
        pruned(store, max_size=0)
        yield b"tent"

    with store.lease():
        digest = store.add(chunks())
        pruned(store, max_size=0)
        assert store.has(digest)


def test_what_was_used_after_a_clock_was_set_back_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.lease():
        began = time.time_ns()
        # The clock is set back. That cannot be done to this machine.
        monkeypatch.setattr(time, "time_ns", lambda: began - 10**13)
        store.write(record())
        pruned(store, max_size=0)
        assert store.find("run", record().key) is not None


def test_what_was_used_in_the_future_goes_like_everything_else(store: Store) -> None:
    future, old = keep(store, 1, -9), keep(store, 2, 1)
    assert names(pruned(store, max_size=0)) == [old, future]


def test_what_may_not_go_stays_with_its_objects(store: Store) -> None:
    refused, gone = keep(store, 1, 9, b"shared"), keep(store, 2, 8, b"shared")
    asked: list[Entry] = []

    def allows(entry: Entry) -> bool:
        asked.append(entry)
        return entry.name != refused

    result = prune(store, max_size=0, max_age=None, dry_run=False, now=NOW, before=allows)
    assert names(result) == [gone]
    assert store.has(store.add([b"shared"]))
    assert {entry.name for entry in asked} == {refused, gone}


def test_what_is_used_while_others_go_stays(store: Store) -> None:
    """A process that begins during the pruning is not known by its lease yet."""
    first, second = keep(store, 1, 9, b"shared"), keep(store, 2, 8, b"shared")

    with contextlib.ExitStack() as stack:

        def begins(entry: Entry) -> bool:
            if entry.name == first:  # not through the store, which waits at the gate meanwhile
                began = time.time_ns()
                stack.enter_context(leases.held(store.root, began))
                os.utime(next(Path(store.root, "records").rglob(second)), ns=(began, began))
            return True

        result = prune(store, max_size=0, max_age=None, dry_run=False, now=NOW, before=begins)
    assert names(result) == [first]
    kept = store.find("run", second)
    assert kept is not None
    assert all(store.has(digest) for digest in kept.objects)


def test_a_store_of_another_version_is_cleared(store: Store) -> None:
    keep(store, 1, 1, bytes(100_000))
    Path(store.root, "version").write_text("pipeline-dsl store 999\n")
    assert pruned(store, max_size=0, dry_run=True).freed == 0
    assert pruned(store, max_size=0).freed > 100_000
    assert list(store.entries()) == []


def test_a_store_that_is_not_there_is_not_made(store: Store) -> None:
    assert pruned(store, max_size=0, max_age=0) == ((), 0, 0, 0)
    assert not Path(store.root).exists()


def test_a_directory_with_somebodys_files_is_not_pruned(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("years of work")
    with pytest.raises(StoreError, match="no store"):
        pruned(Store(tmp_path), max_size=0)
    assert (tmp_path / "notes" / "mine.txt").exists()
