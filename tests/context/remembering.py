"""Runs that remember what earlier ones have found in a directory, and what they look at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.context import looking
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.reading import ContextFile, load_ignore, read_context
from tests.context.reference import EVERYTHING, Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pipeline_dsl.cache.store import Store


LATER = Clock(ahead=60)
"""Runs that start long after the last change of a file."""


class Watch:
    """Notes which directories are listed, and which files read, to find what is in a directory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.listed: list[str] = []
        self.read: list[str] = []
        self._root = root
        scandir, opened = os.scandir, os.open

        def watched_scandir(path: str) -> os._ScandirIterator[str]:
            self.listed.append(os.path.relpath(path, root))
            return scandir(path)

        def watched_open(path: str, flags: int, mode: int = 0o777) -> int:
            if Path(path).is_relative_to(root):
                self.read.append(os.path.relpath(path, root))
            return opened(path, flags, mode)

        monkeypatch.setattr(os, "scandir", watched_scandir)
        monkeypatch.setattr(os, "open", watched_open)


def run(store: Store | None, request: ContextRequest, clock: Callable[[], int] = LATER) -> str:
    """Ask for a digest as a run does, which leaves what it found to the next one."""
    contexts = Contexts(store, clock)
    found = contexts.digest(request)
    contexts.save()
    return found


def changed_since_a_run(root: Path, store: Store) -> ContextRequest:
    """Change a file that a run has read."""
    request = ContextRequest(str(root), EVERYTHING)
    run(store, request)
    (root / "src/app.js").write_text("changed")
    return request


def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a second process for the smallest of projects, whatever threads other tests have left."""
    monkeypatch.setattr(looking, "_WORTHWHILE", 1)
    monkeypatch.setattr(looking, "can_fork", lambda: True)


def files(request: ContextRequest) -> set[ContextFile]:
    """Find files without any memory."""
    root = Path(request.root)
    return {*read_context(root, request.selections, load_ignore(root))}


def found(contexts: Contexts, request: ContextRequest) -> set[ContextFile]:
    """Find files."""
    return {*contexts.listing(request).files}
