"""Several processes and threads use one store, and any of them may be killed."""

from __future__ import annotations

import contextlib
import random
import time
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.prune import PruneResult, prune
from pipeline_dsl.cache.store import Store
from pipeline_dsl.cache.verify import verify
from tests.cache.kept import process, record, said

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PROCESSES, THREADS, ROUNDS = 3, 3, 40

BUSY = """
    import threading
    own, threads, rounds = map(int, sys.argv[2:])

    def work(thread):
        with store.lease():
            for number in range(rounds):
                shared = store.add([b"shared", bytes([number % 7])])
                mine = store.add([f"{own} {thread} {number}".encode()] * 100)
                for subject, files in (("shared", shared), (f"{own}.{thread}", mine)):
                    kept = record(subject, number=number % 7 if files is shared else number, files=files)
                    store.write(kept)
                    found = store.find("run", kept.key)
                    assert found == kept, (found, kept)
                    store.mark(store.latest("run", subject))
                    with store.open(files) as file:
                        assert file.read()
                store.write_note("index", b"%d" % number * 1000)
                note = store.read_note("index")
                assert note == note[: len(note) // 1000] * 1000, note

    together = [threading.Thread(target=work, args=[thread]) for thread in range(threads)]
    for each in together:
        each.start()
    for each in together:
        each.join()
    print("done")
"""

WRITES = """
    import itertools
    print("begins", flush=True)
    for number in itertools.count():
        with store.lease():
            files = store.add([b"%d " % (number % 11)] * 20_000)
            store.write(record(number=number % 11, files=files, output="o" * 5000))
            store.write_note("index", b"%d " % number * 5000)
"""

HOLDS = """
    with store.lease():
        for number in map(int, sys.argv[2:]):
            store.mark(store.find("run", record(number=number).key))
        print("holds", flush=True)
        sys.stdin.read()
"""


def start(store: Store, stack: contextlib.ExitStack) -> list[subprocess.Popen[str]]:
    words = [str(THREADS), str(ROUNDS)]
    return [stack.enter_context(process(BUSY, store.root, str(own), *words)) for own in range(PROCESSES)]


def test_what_many_write_at_the_same_time_is_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with contextlib.ExitStack() as stack:
        assert [said(each) for each in start(store, stack)] == ["done"] * PROCESSES
    assert verify(store) == []
    kinds = [entry.kind for entry in store.entries()]
    assert kinds.count("run") == kinds.count("object") == PROCESSES * THREADS * ROUNDS + 7
    assert kinds.count("note") == 1


def test_what_many_use_is_not_pruned_meanwhile(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with contextlib.ExitStack() as stack:
        busy = start(store, stack)
        while any(each.poll() is None for each in busy):
            everything_goes(store)
        assert [said(each) for each in busy] == ["done"] * PROCESSES
    assert verify(store) == []
    everything_goes(store)
    assert list(store.entries()) == []


def test_what_a_living_run_uses_stays_and_goes_with_the_next_pruning(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in (1, 2):
        store.write(record(number=number, files=store.add([b"%d" % number])))
    with process(HOLDS, store.root, "1") as other:
        assert said(other) == "holds"
        result = everything_goes(store)
        assert [entry.name for entry in result.removed if entry.kind == "run"] == [record(number=2).key]
        kept = store.find("run", record(number=1).key)
        assert kept is not None
        assert all(store.has(digest) for digest in kept.objects)
        assert result.held >= 2 * 4096
        assert result.size > result.held
    result = everything_goes(store)  # the process was killed: its lease went with it
    assert [entry.kind for entry in result.removed] == ["run", "object"]
    assert result.held == 0


def everything_goes(store: Store) -> PruneResult:
    return prune(store, max_size=0, max_age=None, dry_run=False, now=time.time())


@pytest.mark.parametrize("round_", range(12))
def test_a_writer_that_is_killed_leaves_nothing_that_is_not_whole(tmp_path: Path, round_: int) -> None:
    store = Store(tmp_path)
    with process(WRITES, store.root) as writer:
        assert said(writer) == "begins"
        time.sleep(random.Random(round_).uniform(0, 0.15))  # noqa: S311 -- the moment is what is random
    assert verify(store) == []
    for number in range(11):
        kept = store.find("run", record(number=number).key)
        assert kept is None or kept.result["output"] == "o" * 5000
        for digest in kept.objects if kept else ():
            file = store.open(digest)
            assert file is not None
            file.close()
    everything_goes(store)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"lock", "version"}
