"""The command cache: what it shows of earlier runs, what it removes, and what it finds damaged."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.cache.store import Store
from pipeline_dsl.cli.quantity import age, shown_size, size
from pipeline_dsl.cli.table import aligned
from tests.cache.kept import du, record, tree

if TYPE_CHECKING:
    from tests.conftest import CommandLine, Outcome

    class Cache(Protocol):
        """The command cache, with a store and without an engine."""

        def __call__(self, *words: str) -> Outcome: ...


DAY = 86400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with two runs of 40 and of 2 days ago, an artifact of the first, and a note."""
    store = Store(tmp_path / "kept")
    store.write_note("index\n\udcff", b"")
    for number, days in ((1, 40), (2, 2)):
        digest = store.add([b"artifact" * 4000]) if number == 1 else None
        kept = record(f"links/{number}", number=number, files=digest, made=time.time() - days * DAY)
        store.write(kept)
        for name in filter(None, (kept.key, digest)):
            (path,) = Path(store.root).rglob(name)
            os.utime(path, (time.time() - days * DAY - 60,) * 2)
    return store


@pytest.fixture
def cache(cli: CommandLine, store: Store, tmp_path: Path) -> Cache:
    variables = {"PIPELINE_DSL_CACHE_DIRECTORY": store.root, "DOCKER_HOST": "unix:///nowhere"}
    without_engine = type(cli)({**cli.environment, **variables})
    return lambda *words: without_engine(tmp_path, "cache", *words)


def test_ls_lists_what_was_used_last_first(cache: Cache) -> None:
    told = cache("ls")
    assert (told.code, told.stderr) == (0, "")
    lines = [line.split("  ") for line in told.stdout.splitlines()]
    cells = [[cell.strip() for cell in line if cell] for line in lines]
    assert cells[0] == ["KIND", "SUBJECT", "SIZE", "MADE", "LAST USED"]
    assert [cell[0] for cell in cells[1:]] == ["note", "run", "object", "run"]
    assert cells[2] == ["run", "links/2", "4.1 kB", "2 days ago", "2 days ago"]
    assert "index\\n\\udcff" in told.stdout


def test_ls_prints_json(cache: Cache, store: Store) -> None:
    told = json.loads(cache("ls", "--json").stdout)
    assert [each["kind"] for each in told] == ["note", "run", "object", "run"]
    assert told[0]["subject"] == "index\n\udcff"
    by_name = {each["name"]: each for each in told}
    assert by_name == {each.name: each._asdict() for each in store.entries()}


def test_du_adds_up_what_the_system_counts(cache: Cache, store: Store) -> None:
    told = cache("du")
    assert told.code == 0
    counts = {line.split()[0]: line.split()[1:] for line in told.stdout.splitlines()[:5]}
    assert counts["KIND"] == ["COUNT", "SIZE"]
    assert counts["run"] == ["2", *shown_size(2 * 4096).split()]
    assert counts["object"][0] == counts["note"][0] == "1"
    assert counts["all"] == ["4", *shown_size(du(Path(store.root))).split()]
    assert store.root in told.stdout
    assert "engine" not in told.stdout
    assert "warning: the images in the engine are left out: no container engine answers" in told.stderr


def test_prune_removes_what_the_settings_say(cache: Cache, store: Store) -> None:
    told = cache("prune")
    assert told.code == 0
    first, second, *rest = told.stdout.splitlines()
    assert first.split() == ["removed", "run", "links/1", "4.1", "kB", "used", "40", "days", "ago"]
    assert second.startswith("removed object ")
    assert rest[0].startswith("removed 2 things: ")
    assert rest[1] == f"left: {shown_size(du(Path(store.root)))}"
    assert "warning: the images in the engine are left out" in told.stderr
    assert [entry.subject for entry in store.entries()] == ["links/2", "index\n\udcff"]
    assert "removed 1 thing:" in cache("prune", "--set", "cache.max_age=1d").stdout
    assert "removed 1 thing:" in cache("prune", "--set", "cache.max_size=0").stdout


def test_prune_takes_an_age(cache: Cache, store: Store) -> None:
    assert "removed 0 things" in cache("prune", "--max-age", "6w").stdout
    assert "removed 3 things" in cache("prune", "--max-age", "1.5d").stdout
    assert [entry.kind for entry in store.entries()] == ["note"]


def test_prune_takes_a_size(cache: Cache, store: Store) -> None:
    allowed = du(Path(store.root)) - 1
    told = cache("prune", "--max-age", "99w", "--max-size", f"{allowed}B")
    assert "removed 2 things" in told.stdout
    assert du(Path(store.root)) <= allowed


def test_prune_removes_everything_when_asked(cache: Cache, store: Store) -> None:
    told = cache("prune", "--all")
    assert "removed 4 things" in told.stdout
    assert list(store.entries()) == []


def test_prune_says_what_it_would_do(cache: Cache, store: Store) -> None:
    before = tree(Path(store.root))
    told = cache("prune", "--all", "--dry-run")
    assert "would remove 4 things" in told.stdout
    assert tree(Path(store.root)) == before


def test_prune_leaves_what_a_run_uses_and_says_so(cache: Cache, store: Store) -> None:
    with store.lease():
        kept = store.latest("run", "links/1")
        assert kept is not None
        store.mark(kept)
        told = cache("prune", "--all")
    assert "kept for runs that are under way: " in told.stdout
    assert store.latest("run", "links/1") == kept
    assert store.latest("run", "links/2") is None


def test_verify_finds_nothing_wrong_with_a_store_that_is_whole(cache: Cache) -> None:
    told = cache("verify")
    assert (told.code, told.stdout) == (0, "4 things checked and whole, 0 damaged\n")


def test_verify_removes_what_is_damaged_and_fails(cache: Cache, store: Store) -> None:
    path = next(Path(store.root, "notes").iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    told = cache("verify")
    assert told.code == 1
    assert f"removed {path}: it is cut" in told.stdout
    assert "3 things checked and whole, 1 damaged" in told.stdout
    assert cache("verify").code == 0


def test_without_a_store_there_is_nothing_and_none_is_made(cli: CommandLine, tmp_path: Path) -> None:
    variables = {"PIPELINE_DSL_CACHE_DIRECTORY": f"{tmp_path}/none", "DOCKER_HOST": "unix:///nowhere"}
    run = type(cli)({**cli.environment, **variables})
    for words in (["ls"], ["du"], ["prune"], ["prune", "--all"], ["verify"]):
        assert run(tmp_path, "cache", *words).code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_no_store_is_told_and_left_alone(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    run = type(cli)({**cli.environment, "DOCKER_HOST": "unix:///nowhere"})
    for action in ("prune", "verify"):
        told = run(tmp_path, "cache", action, "--set", f"cache.directory={tmp_path}")
        assert told.code == 2
        assert (
            f"The cache in {tmp_path} cannot be used: This directory is not empty, and no store"
            in told.stderr
        )
        assert "[cache-unusable]" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.engine
def test_images_in_the_engine_are_counted(cli: CommandLine, store: Store, tmp_path: Path) -> None:
    run = type(cli)({**cli.environment, "PIPELINE_DSL_CACHE_DIRECTORY": store.root})
    told = run(tmp_path, "cache", "du")
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout.splitlines()[-1].startswith("engine: ")
    told = run(tmp_path, "cache", "prune", "--dry-run")
    assert (told.code, told.stderr) == (0, "")
    assert "in the engine" in told.stdout


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("0", 0),
        ("5", 5),
        ("5B", 5),
        ("5k", 5000),
        ("5 kB", 5000),
        ("1.5MB", 1_500_000),
        ("2KiB", 2048),
        ("20GB", 20 * 10**9),
        ("8GiB", 8 * 2**30),
        ("1T", 10**12),
    ],
)
def test_a_size_is_decimal_unless_it_says_that_it_is_binary(word: str, count: int) -> None:
    assert size(word) == count


@pytest.mark.parametrize(
    ("word", "seconds"), [("90s", 90), ("15m", 900), ("0.5h", 1800), ("30d", 30 * DAY), ("4w", 28 * DAY)]
)
def test_an_age_has_a_unit(word: str, seconds: float) -> None:
    assert age(word) == seconds


@pytest.mark.parametrize("word", ["", "B", "-5", "5X", "5iB", "5 5", "x5", "5GBs", "1e9"])
def test_what_is_no_size_is_told(word: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a size such as"):
        size(word)


@pytest.mark.parametrize("word", ["", "5", "d", "-5d", "5y", "5dd"])
def test_what_is_no_age_is_told(word: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not an age such as"):
        age(word)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (100_000, "100 kB"),
        (999_999, "1.0 MB"),
        (20 * 10**9, "20.0 GB"),
        (3 * 10**15, "3000.0 TB"),
    ],
)
def test_a_size_is_shown_with_three_digits_or_so(count: int, shown: str) -> None:
    assert shown_size(count) == shown


def test_a_table_is_as_wide_as_its_cells() -> None:
    assert (
        aligned([("a", "b"), ("long", "1\n"), ("", "100")], right=[1]) == "a       b\nlong  1\\n\n      100\n"
    )
