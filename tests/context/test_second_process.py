"""What has changed is read in a second process, while this one does something else."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.context import beside
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.errors import DefinitionError
from tests.context.reference import EVERYTHING, digest
from tests.context.remembering import LATER, Watch, changed_since_a_run, files, found, run, split

if TYPE_CHECKING:
    from pipeline_dsl.cache.store import Store


@pytest.fixture(autouse=True)
def _in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    split(monkeypatch)


def test_a_second_process_reads_what_has_changed(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This one reads nothing, and later runs know what was found all the same."""
    request = changed_since_a_run(root, store)
    expected = digest(request), files(request)
    watch, contexts = Watch(monkeypatch, root), Contexts(store, LATER)

    assert contexts.begin([request])
    assert (contexts.digest(request), found(contexts, request)) == expected
    assert contexts.manifest(request).digest == expected[0]
    contexts.save()
    assert (watch.listed, watch.read) == ([], [])
    assert run(store, request) == expected[0]
    assert (watch.listed, watch.read) == ([], [])


def test_a_second_process_is_not_begun_for_nothing(root: Path, store: Store) -> None:
    """Where nothing is remembered, nobody knows how much there is to do; where all is, there is nothing."""
    request = ContextRequest(str(root), EVERYTHING)
    assert not Contexts(store).begin([request])
    run(store, request)
    assert not Contexts(store, LATER).begin([request])


def test_a_second_process_ends_where_nobody_wants_to_know(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has more to say than goes into a pipe."""
    fork, children = os.fork, list[int]()

    def watched_fork() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", watched_fork)
    for number in range(1500):
        (root / f"docs/{number:0100}").touch()
    request, contexts = changed_since_a_run(root, store), Contexts(store, LATER)
    assert contexts.begin([request])

    contexts.save()
    contexts.save()  # a second time is no harm

    assert children
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_what_a_second_process_has_not_done_this_one_does(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has failed, or was to do something else."""
    request, other = changed_since_a_run(root, store), ContextRequest(str(root), (Selection(("src",)),))
    contexts = Contexts(store, LATER)
    assert contexts.begin([request])
    assert contexts.digest(other) == digest(other)
    contexts.save()
    (root / "src/app.js").write_text("changed again")
    monkeypatch.setattr(beside, "_work", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    contexts = Contexts(store, LATER)
    assert contexts.begin([request])
    assert contexts.digest(request) == digest(request)
    contexts.save()
    assert run(store, request) == digest(request)


def test_a_mistake_that_a_second_process_meets_is_told_by_this_one(root: Path, store: Store) -> None:
    request = ContextRequest(str(root), (Selection(("src", "README.md")),))
    run(store, request)
    (root / "README.md").unlink()
    contexts = Contexts(store, LATER)

    assert contexts.begin([request])
    with pytest.raises(DefinitionError, match=r"README\.md"):
        contexts.digest(request)
    contexts.save()
