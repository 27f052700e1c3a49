from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import read_context
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.errors import DefinitionError
from tests.context.reference import EVERYTHING, digest, pass_tick
from tests.context.remembering import LATER, Watch, changed_since_a_run, files, found, run

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "selections",
    [
        EVERYTHING,
        (Selection(("src", "README.md")),),
        (Selection(("link/x.js",)),),
        (Selection(("docs",), exclude=("guide.md",)),),
        (Selection((".",), exclude=("docs",), prefix=".copy/1"),),
        (Selection(("*.md", "src/*.js")), Selection(("link",))),
        (Selection(("*.none",)),),
        (),
    ],
)
def test_a_digest_is_remembered(
    selections: tuple[Selection, ...], root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is that of what is read, and the second run gets it without reading anything."""
    request = ContextRequest(str(root), selections)
    expected = digest(request)

    assert run(store, request) == expected
    watch = Watch(monkeypatch, root)
    assert run(store, request) == expected
    assert (watch.listed, watch.read) == ([], [])
    assert Contexts(store).manifest(request).digest == expected


def test_only_what_has_changed_is_listed_and_read(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = changed_since_a_run(root, store)
    expected = digest(request), files(request)
    watch, contexts = Watch(monkeypatch, root), Contexts(store, LATER)

    assert (contexts.digest(request), found(contexts, request)) == expected
    contexts.save()
    assert (watch.listed, watch.read) == (["src"], ["src/app.js"])
    assert run(store, request) == expected[0]
    assert (watch.listed, watch.read) == (["src"], ["src/app.js"])


def test_what_was_not_read_before_is_remembered_once_it_is(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wildcard looks at the names in a directory, and the digests of few of its files are known by that."""
    narrow, wide = (
        ContextRequest(str(root), (Selection(("src/a*.js",)),)),
        ContextRequest(str(root), EVERYTHING),
    )
    (root / "src/notes").write_text("notes")
    run(store, narrow)
    assert [run(store, narrow), run(store, wide)] == [digest(narrow), digest(wide)]
    (root / "docs/guide.md").write_text("changed")
    expected = digest(wide)
    watch = Watch(monkeypatch, root)

    assert run(store, wide) == expected
    assert watch.read == ["docs/guide.md"]


def test_one_run_gives_the_same_answer_twice(root: Path) -> None:
    """Files that change meanwhile do not make a run disagree with itself."""
    request, contexts = ContextRequest(str(root), EVERYTHING), Contexts(None)
    found, files = contexts.digest(request), contexts.listing(request).files
    (root / "src/app.js").write_text("changed")

    assert contexts.digest(request) == found == contexts.manifest(request).digest
    assert contexts.listing(request).files == files


def rename(root: Path) -> None:
    (root / "src/app.js").rename(root / "src/ape.js")


def retarget(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("src/lip")


def same_size_and_time(root: Path) -> None:
    before = (root / "src/app.js").stat()
    (root / "src/app.js").write_text("SRC/APP.JS")
    os.utime(root / "src/app.js", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (root / "src/app.js").stat().st_mtime_ns == before.st_mtime_ns


def another_of_same_size_and_time(root: Path) -> None:
    before = (root / "src/app.js").stat()
    (root / "other").write_text("SRC/APP.JS")
    os.utime(root / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    (root / "other").replace(root / "src/app.js")


def swap(root: Path) -> None:
    (root / "src/app.js").rename(root / "other")
    (root / "README.md").rename(root / "src/app.js")
    (root / "other").rename(root / "README.md")


def future(root: Path) -> None:
    (root / "src/app.js").write_text("SRC/APP.JS")
    os.utime(root / "src/app.js", (4e9, 4e9))


def past(root: Path) -> None:
    (root / "src/app.js").write_text("SRC/APP.JS")
    os.utime(root / "src/app.js", (1, 1))


def replace_by_file(root: Path) -> None:
    (root / "empty").rmdir()
    (root / "empty").touch()


def replace_by_directory(root: Path) -> None:
    (root / "src/app.js").unlink()
    (root / "src/app.js").mkdir()


def replace_by_link(root: Path) -> None:
    (root / "src/app.js").rename(root / "src/lib/app.js")
    (root / "src/app.js").symlink_to("lib/app.js")


CHANGES: list[Callable[[Path], object]] = [
    lambda root: (root / "src/app.js").write_text("longer than before"),
    lambda root: (root / "src/app.js").write_text("SRC/APP.JS"),
    lambda root: (root / "src/app.js").chmod(0o755),
    lambda root: (root / "src/lib").chmod(0o700),
    lambda root: (root / "empty").rmdir(),
    lambda root: (root / "empty/new").mkdir(),
    lambda root: (root / "src/new.js").touch(),
    lambda root: (root / "src/app.js").unlink(),
    lambda root: (root / "docs").rename(root / "doc"),
    lambda root: (root / ".dockerignore").write_text("node_modules\n**/*.log\ndocs\n"),
    lambda root: (root / ".dockerignore").unlink(),
    lambda root: (root / "node_modules").rename(root / "modules"),
    lambda root: (root / os.fsdecode(b"src/\xff\n")).touch(),
    replace_by_file,
    replace_by_directory,
    replace_by_link,
    rename,
    retarget,
    same_size_and_time,
    another_of_same_size_and_time,
    swap,
    future,
    past,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(change: Callable[[Path], object], root: Path, store: Store) -> None:
    """Whatever a build takes from its context that is not as it was gives another digest."""
    request = ContextRequest(str(root), EVERYTHING)
    before = run(store, request)
    pass_tick(root.parent)
    change(root)

    after = run(store, request)

    assert after == digest(request)
    assert after != before
    assert run(store, request) == after


@pytest.mark.parametrize(
    "change",
    [
        same_size_and_time,
        another_of_same_size_and_time,
        replace_by_link,
        lambda root: (root / "src/app.js").chmod(0o755),
        lambda root: (root / "src").chmod(0o700),
    ],
)
def test_a_change_of_a_single_file_is_noticed(
    change: Callable[[Path], object], root: Path, store: Store
) -> None:
    """A file that was only looked for, in a directory that was not listed, counts like others."""
    request = ContextRequest(str(root), (Selection(("src/app.js",)),))
    before = run(store, request)
    pass_tick(root.parent)
    change(root)

    assert run(store, request) == digest(request) != before


def test_an_ignored_file_may_become_a_directory(root: Path, store: Store) -> None:
    """What is not ignored in it is part of the context then."""
    request = ContextRequest(str(root), EVERYTHING, excludes=("x", "!x/y"))
    (root / "x").touch()
    before = run(store, request)
    (root / "x").unlink()
    (root / "x").mkdir()
    (root / "x/y").touch()

    assert run(store, request) == digest(request) != before


def test_a_file_that_changes_meanwhile_is_not_remembered(root: Path, store: Store) -> None:
    """Nobody knows of which state of the file its digest is."""
    request, contexts = ContextRequest(str(root), EVERYTHING), Contexts(store, LATER)
    contexts.check(request)
    pass_tick(root.parent)
    (root / "src/app.js").write_text("changed")
    assert contexts.digest(request) == digest(request)
    contexts.save()
    pass_tick(root.parent)
    (root / "src/app.js").write_text("CHANGED")

    assert run(store, request) == digest(request)


def test_a_pipe_that_becomes_a_file_meanwhile_is_noticed(root: Path, store: Store) -> None:
    request, contexts = ContextRequest(str(root), EVERYTHING), Contexts(store, LATER)
    os.mkfifo(root / "pipe")
    contexts.digest(request)
    (root / "pipe").unlink()
    (root / "pipe").write_text("file")
    contexts.save()

    assert run(store, request) == digest(request)


def special(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(root / "socket"))


def come_and_go(root: Path) -> None:
    (root / "src/new").touch()
    (root / "src/new").unlink()


def touch(root: Path) -> None:
    (root / "src/app.js").touch()


def change_mode_and_back(root: Path) -> None:
    (root / "src/app.js").chmod(0o700)
    (root / "src/app.js").chmod(0o644)


def copy_over(root: Path) -> None:
    shutil.copy2(root / "src/app.js", root / "x")
    (root / "x").replace(root / "src/app.js")


UNCHANGED: list[Callable[[Path], object]] = [
    lambda root: (root / "node_modules/a/index.js").write_text("changed"),
    lambda root: (root / "node_modules/b").mkdir(),
    lambda root: shutil.rmtree(root / "node_modules"),
    lambda root: (root / "src/x.log").touch(),
    lambda root: (root / "src").touch(),
    lambda root: os.utime(root / "src", (4e9, 4e9)),
    come_and_go,
]


@pytest.mark.parametrize("change", UNCHANGED)
def test_what_is_ignored_is_no_change(
    change: Callable[[Path], object], root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor are times of directories; no file need be read again for that."""
    request = ContextRequest(str(root), EVERYTHING)
    before = run(store, request)
    change(root)
    watch = Watch(monkeypatch, root)

    assert run(store, request) == before
    assert run(store, request) == before
    assert (watch.listed, watch.read) == ([], [])


@pytest.mark.parametrize("change", [touch, change_mode_and_back, copy_over, special])
def test_what_comes_to_the_same_gives_the_same_digest(
    change: Callable[[Path], object], root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was touched is read again; sockets and pipes are no part of it."""
    (root / "src/app.js").chmod(0o644)
    request = ContextRequest(str(root), EVERYTHING)
    before = run(store, request)
    pass_tick(root.parent)
    change(root)
    watch = Watch(monkeypatch, root)

    assert run(store, request) == before
    assert set(watch.read) <= {"src/app.js"}


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "docs/guide.md").write_text("changed"),
        lambda root: (root / "docs/new.md").touch(),
        lambda root: (root / "README.md").write_text("changed"),
        lambda root: (root / "src/app.js").write_text("changed"),
    ],
)
def test_a_change_of_what_is_not_taken_is_not_read(
    change: Callable[[Path], object], root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files beside those that are copied may change, even where they are listed with them."""
    request = ContextRequest(str(root), (Selection(("src/lib", "package*.json")),))
    before = run(store, request)
    change(root)
    watch = Watch(monkeypatch, root)

    assert run(store, request) == before
    assert (watch.listed, watch.read) == ([], [])


def test_only_what_changed_is_read_again(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ContextRequest(str(root), EVERYTHING)
    run(store, request)
    pass_tick(root.parent)
    (root / "src/app.js").write_text("changed")
    watch = Watch(monkeypatch, root)

    run(store, request)

    assert watch.read == ["src/app.js"]


def test_requests_share_what_is_read(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several requests in a run read each file once, and look at each directory once."""
    requests = [
        ContextRequest(str(root), (Selection(sources),)) for sources in (("src",), ("src", "docs"), (".",))
    ]
    expected = [digest(request) for request in requests]
    watch, first, second = Watch(monkeypatch, root), Contexts(store, LATER), Contexts(store, LATER)

    assert [first.digest(request) for request in requests] == expected
    assert len(watch.read) == len(set(watch.read)) == 5
    assert len(watch.listed) == len(set(watch.listed))
    first.save()
    assert [second.digest(request) for request in requests] == expected
    assert len(watch.read) == 5


def test_requests_of_other_runs_are_kept(root: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one run has left for a variant survives that the next run builds another one."""
    source, docs = (ContextRequest(str(root), (Selection((name,)),)) for name in ("src", "docs"))
    run(store, source)
    run(store, docs)
    (root / "docs/guide.md").write_text("changed")
    expected = [digest(source), digest(docs)]
    assert run(store, docs) == expected[1]
    watch = Watch(monkeypatch, root)

    assert [run(store, source), run(store, docs)] == expected
    assert (watch.listed, watch.read) == ([], [])


@pytest.mark.parametrize("excludes", [("docs",), ("*", "!src/lib"), ("**/*.js", "!**/x.js")])
def test_patterns_may_stand_instead_of_those_of_the_directory(
    excludes: tuple[str, ...], root: Path, store: Store
) -> None:
    """Each list of patterns has a memory of its own."""
    own = ContextRequest(str(root), EVERYTHING)
    other = ContextRequest(str(root), EVERYTHING, excludes)

    for _ in range(2):
        assert [run(store, own), run(store, other)] == [digest(own), digest(other)]
    pass_tick(root.parent)
    (root / "src/lib/x.js").write_text("changed")
    (root / "docs/new").mkdir()
    assert [run(store, own), run(store, other)] == [digest(own), digest(other)]


def test_overlays_lie_over_what_is_remembered(
    root: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another run has found below them is no answer, and what they hide is not forgotten."""
    plain = ContextRequest(str(root), EVERYTHING)
    (tmp_path / "over/src").mkdir(parents=True)
    (tmp_path / "over/src/app.js").write_text("over")
    laid = ContextRequest(str(root), EVERYTHING, overlays=(str(tmp_path / "over"),))
    expected = run(store, plain)

    assert run(store, laid) == digest(laid) != expected
    watch = Watch(monkeypatch, root)
    assert run(store, plain) == expected
    assert (watch.listed, watch.read) == ([], [])
    assert run(store, laid) == digest(laid)
    (tmp_path / "over/src/app.js").write_text("OVER")
    assert run(store, laid) == digest(laid)


def test_files_are_those_that_are_read_from_disk(root: Path) -> None:
    request = ContextRequest(str(root), (Selection(("src", "link")),))

    assert found(Contexts(None), request) == {*read_context(root, request.selections, Ignore())}


def test_links_in_circles_and_to_nowhere_are_links(root: Path, store: Store) -> None:
    """They are part of a directory like others, and never followed."""
    (root / "circle").symlink_to("circle")
    (root / "up").symlink_to("..")
    (root / "nowhere").symlink_to("missing/x")
    request = ContextRequest(str(root), EVERYTHING)

    assert run(store, request) == digest(request) == run(store, request)
    with pytest.raises(DefinitionError, match="in circles"):
        run(store, ContextRequest(str(root), (Selection(("circle",)),)))


def test_missing_files_are_problems_whatever_is_remembered(root: Path, store: Store) -> None:
    """A digest, a check and a list of files fail alike; what is mended is found."""
    request = ContextRequest(str(root), (Selection(("src/app.js",)),))
    expected = run(store, request)
    (root / "src/app.js").rename(root / "kept")

    for ask in (Contexts.digest, Contexts.check, Contexts.listing, Contexts.manifest):
        with pytest.raises(DefinitionError, match=r'no "src/app.js"'):
            ask(Contexts(store, LATER), request)
    (root / "kept").rename(root / "src/app.js")
    assert run(store, request) == expected


def test_a_check_reads_nothing_of_what_is_remembered(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ContextRequest(str(root), EVERYTHING)
    run(store, request)
    watch = Watch(monkeypatch, root)

    Contexts(store, LATER).check(request)

    assert (watch.listed, watch.read) == ([], [])


def make_a_directory_of_the_patterns(root: Path) -> None:
    (root / ".dockerignore").unlink()
    (root / ".dockerignore").mkdir()


def make_a_file_of_the_root(root: Path) -> None:
    shutil.rmtree(root)
    root.touch()


@pytest.mark.parametrize(
    "prepare",
    [
        lambda root: (root / ".dockerignore").write_text("a[\n"),
        make_a_directory_of_the_patterns,
        make_a_file_of_the_root,
        shutil.rmtree,
    ],
)
def test_what_cannot_be_read_is_a_problem(
    prepare: Callable[[Path], object], root: Path, store: Store
) -> None:
    request = ContextRequest(str(root), EVERYTHING)
    run(store, request)
    prepare(root)

    for ask in (Contexts.digest, Contexts.check, Contexts.listing):
        with pytest.raises(DefinitionError, match=r"\[(context-unreadable|malformed-pattern)\]"):
            ask(Contexts(store, LATER), request)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody, who may not read everything")
def test_a_file_that_cannot_be_read_is_named(root: Path) -> None:
    for directory in (root, *root.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o55)
    (root / "src/app.js").chmod(0o600)
    os.seteuid(65534)
    try:
        with pytest.raises(DefinitionError, match=r'"src/app.js" in the build context cannot be read'):
            Contexts(None).digest(ContextRequest(str(root), EVERYTHING))
    finally:
        os.seteuid(0)


def test_a_store_that_cannot_be_written_costs_time_only(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    request = ContextRequest(str(root), EVERYTHING)

    assert run(Store(tmp_path / "file/store"), request) == digest(request)


def test_threads_share_contexts(root: Path, store: Store) -> None:
    """Threads that ask at the same time get the same answers as one."""
    contexts = Contexts(store)
    requests = [ContextRequest(str(root), (Selection((name,)),)) for name in (".", "src", "docs", "link")] * 8
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        found[number] = contexts.digest(requests[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [found[number] for number in range(len(requests))] == [digest(request) for request in requests]


PROGRAM = """
import sys
from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection

for _ in range(20):
    contexts = Contexts(Store(sys.argv[1]))
    print(contexts.digest(ContextRequest(sys.argv[2], (Selection((".",)),))))
    contexts.save()
"""


def test_processes_share_a_store(root: Path, store: Store) -> None:
    """Runs at the same time each find what is there, while a file changes between two contents."""
    request = ContextRequest(str(root), EVERYTHING)
    path, contents = root / "src/app.js", ("one", "two")
    expected = set()
    for content in contents:
        path.write_text(content)
        expected.add(digest(request))
    command = [sys.executable, "-c", PROGRAM, store.root, str(root)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    number = 0
    while any(process.poll() is None for process in running):
        number += 1
        (root.parent / "new").write_text(contents[number % 2])
        (root.parent / "new").replace(path)
    printed = [process.communicate()[0].split() for process in running]

    assert [process.returncode for process in running] == [0, 0, 0]
    assert {line for lines in printed for line in lines} <= expected
    assert run(store, request) == digest(request)


def test_nothing_heavy_is_loaded() -> None:
    """A run that has nothing to do loads no more than it needs to know that."""
    program = (
        "import sys; before = set(sys.modules); import pipeline_dsl.context.contexts; "
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    heavy = {"asyncio", "difflib", "logging", "pathlib", "pydantic", "socket", "subprocess", "tempfile"}
    assert heavy & set(loaded) == set()
    assert "pipeline_dsl.context.reading" not in loaded
