"""Files that change so fast, or under such a clock, that their times do not tell it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection
from tests.caching.project import FIRST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.caching.runs import MakeRuns, Runs

TRIES = 300
HOUR = 3600 * 10**9


def digest(root: Path, store: Store, clock: Callable[[], int] = time.time_ns) -> str:
    """Give the digest as one run finds it, which leaves what it has found to the next one."""
    contexts = Contexts(store, clock)
    found = contexts.digest(ContextRequest(str(root), (Selection((".",)),)))
    contexts.save()
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


COARSE = """
import itertools, os, pathlib, sys
from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection

root, unnoticeable, right = pathlib.Path(sys.argv[1], "root"), 0, set()
root.mkdir()
request = ContextRequest(str(root), (Selection((".",)),))
file = os.open(root / "file", os.O_RDWR | os.O_CREAT)
for number in range(int(sys.argv[2])):
    store = Store(root.parent / f"store-{number}")
    found = []
    for letter in (b"a", b"b"):
        contexts = Contexts(store)
        os.pwrite(file, letter * 10, 0)
        found.append(contexts.digest(request))
        status = os.fstat(file)
        if letter == b"a":
            before = (status.st_mtime_ns, status.st_ctime_ns)
            os.pwrite(file, b"b" * 10, 0)  # at once, before anything is left to the next run
            status = os.fstat(file)
            unnoticeable += before == (status.st_mtime_ns, status.st_ctime_ns)
        contexts.save()
    found.append(Contexts(store).digest(request))
    right.add(tuple(found))
print(unnoticeable, len(right), all(a != b == again for a, b, again in right))
"""
"""Counts changes that cannot be noticed by a file's times, and the digests that were found."""


EXPLAINED = """
import contextlib, io, json, os, sys
from pathlib import Path
from pipeline_dsl.cache.store import Store
from pipeline_dsl.cli.main import main
from pipeline_dsl.context.contexts import Contexts
from tests.caching.project import FIRST, write

root, name, base, store, tries = Path(sys.argv[1]), *sys.argv[2:]
write(FIRST, root, name, base)
os.chdir(root)
asked, digest, reasons = [], Contexts.digest, []
Contexts.digest = lambda self, request: asked.append(request) or digest(self, request)
assert main(["run", "--plain", "ci"]) == 0
file = os.open(root / "app" / "main", os.O_RDWR)
for _ in range(int(tries)):
    contexts = Contexts(Store(store))
    os.pwrite(file, b"main", 0)  # as it was, at another time
    for request in {*asked}:
        digest(contexts, request)
    before = os.fstat(file)
    os.pwrite(file, b"Main", 0)
    now = os.fstat(file)
    contexts.save()
    if (before.st_mtime_ns, before.st_ctime_ns) == (now.st_mtime_ns, now.st_ctime_ns):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main(["why", "ci/unit", "--json"]) == 0
        (stage,) = json.loads(printed.getvalue())["stages"]
        reasons.append([step["reason"] for step in stage["steps"] if step["kind"] == "build"])
        if len(reasons) == 5:
            break
print(json.dumps(reasons))
"""
"""Gives the reasons why an image is not cached after changes that cannot be noticed by a file's times."""


def coarse(place: Path, script: str, *words: str) -> str:
    """Run a script that has a file system with coarse times at a directory, for itself alone.

    Linux from 6.13 on gives each change that somebody can see a time of its own, but not there.
    """
    mounted = ["unshare", "--mount", "sh", "-c", f'mount -t ramfs ramfs "{place}" && exec "$@"', "sh"]
    if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode:
        pytest.skip("Only root can mount a file system with coarse times.")
    command = [*mounted, sys.executable, "-c", script, str(place), *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_a_change_within_the_clocks_tick_is_noticed(tmp_path: Path) -> None:
    unnoticeable, digests, is_right = coarse(tmp_path, COARSE, str(TRIES)).split()
    assert int(unnoticeable) > TRIES / 10  # or this has tested nothing
    assert (digests, is_right) == ("1", "True")


@pytest.mark.engine
def test_a_change_within_the_clocks_tick_is_named(
    made_runs: MakeRuns, settle: Callable[[Runs], Runs], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = settle(made_runs())
    runs.write(FIRST)  # the base image gets its name
    monkeypatch.chdir(Path(__file__).parents[2])
    told = coarse(runs.root, EXPLAINED, runs.name, runs.base, runs.store.root, str(TRIES))
    assert json.loads(told.splitlines()[-1]) == [["app/main changed"]] * 5


def test_many_changes_one_after_the_other_are_all_noticed(root: Path, tmp_path: Path) -> None:
    store, file, seen = Store(tmp_path / "store"), root / "file", set[str]()
    for number in range(TRIES):
        file.write_text(f"{number:05}")
        seen.add(digest(root, store))
    assert len(seen) == TRIES


def test_a_link_that_leads_elsewhere_within_the_tick_is_noticed(root: Path, tmp_path: Path) -> None:
    store, link, seen = Store(tmp_path / "store"), root / "link", set[str]()
    for number in range(TRIES):
        link.unlink(missing_ok=True)
        link.symlink_to(f"{number:05}")
        seen.add(digest(root, store))
    assert len(seen) == TRIES


@pytest.mark.parametrize("order", list(itertools.permutations((-HOUR, 0, HOUR))), ids=str)
def test_a_clock_that_is_set_hides_no_change(root: Path, tmp_path: Path, order: tuple[int, ...]) -> None:
    """The times of files stay those of the kernel: it is the runs that believe it is another hour."""
    store, file = Store(tmp_path / "store"), root / "file"
    seen: set[str] = set()
    for number, shift in enumerate(order * 10):
        file.write_text(f"{number:05}")
        os.utime(file, ns=(10**18, 10**18))  # the same time always
        seen.add(digest(root, store, lambda shift=shift: time.time_ns() + shift))  # type: ignore[misc] # bound now
    assert len(seen) == 30


def test_a_file_that_is_replaced_by_one_of_the_same_times_is_noticed(root: Path, tmp_path: Path) -> None:
    store, file = Store(tmp_path / "store"), root / "file"
    seen: set[str] = set()
    for number in range(30):
        new = root.parent / "new"
        new.write_text(f"{number:05}")
        os.utime(new, ns=(10**18, 10**18))
        new.replace(file)
        seen.add(digest(root, store))
    assert len(seen) == 30
