"""The build contexts of a run: which files they have, and what a key takes of these."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.directory import Directory, Place
from pipeline_dsl.context.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.context.listing import Listing
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.context.selection import Selection


class ContextRequest(NamedTuple):
    """Which files a build takes.

    Arguments:
        root: the directory that is built from; absolute.
        selections: what the instructions of its Dockerfile take.
        excludes: patterns that stand instead of the directory's ``.dockerignore``, if there are any.
        overlays: directories whose files lie over those of the root, the last one on top; see ``Layers``.
    """

    root: str
    selections: tuple[Selection, ...]
    excludes: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()


class Contexts:
    """The build contexts of one run. Threads may share it; whoever asks again gets the same answer.

    Arguments:
        store: where an earlier run has left what it found; None to find everything anew.
        clock: gives the time, in nanoseconds since 1970.
    """

    def __init__(self, store: Store | None, clock: Callable[[], int] = time.time_ns) -> None:
        self.store = store
        self._clock = clock
        self._directories: dict[Place, Directory] = {}
        # Two threads at a time would not be faster: most of the work is Python's.
        self._lock = threading.Lock()

    def listing(self, request: ContextRequest) -> Listing:
        """Find the files of a build context, as ``read_context`` does, and read them.

        Raises:
            DefinitionError: as for ``manifest``.
        """
        with self._lock:
            return self._directory(_place(request)).listing(request.selections)

    def manifest(self, request: ContextRequest) -> Manifest:
        """Say what a build takes of its context.

        Raises:
            DefinitionError: as for ``read_context``; ``.dockerignore`` is malformed or cannot be read; or a
                file cannot be read.
        """
        with self._lock:
            return self._directory(_place(request)).manifest(request.selections)

    def digest(self, request: ContextRequest) -> str:
        """Give the digest of the manifest, without reading a file that has not changed since an earlier run.

        Raises:
            DefinitionError: as for ``manifest``.
        """
        with self._lock:
            return self._directory(_place(request)).digest(request.selections)

    def check(self, request: ContextRequest) -> None:
        """Make sure that all files are there.

        Raises:
            DefinitionError: some are not; or ``.dockerignore`` is malformed or cannot be read.
        """
        with self._lock:
            self._directory(_place(request)).check(request.selections)

    def begin(self, requests: Iterable[ContextRequest]) -> bool:
        """Begin to read what has changed in a second process, where that pays; tell whether it does.

        Whoever asks for it later waits for that process, which also does what ``save`` would do for it.

        Raises:
            DefinitionError: ``.dockerignore`` cannot be read.
        """
        wanted: dict[Place, list[tuple[Selection, ...]]] = {}
        for request in requests:
            wanted.setdefault(_place(request), []).append(request.selections)
        with self._lock:
            begun = [
                self._directory(place).begin(selections, functools.partial(self._save, place))
                for place, selections in wanted.items()
            ]
        return any(begun)

    def save(self) -> None:
        """Leave what has been found to later runs, if it can be written."""
        with self._lock:
            for place, directory in self._directories.items():
                directory.end()
                self._save(place)

    def _save(self, place: Place) -> None:
        directory = self._directories[place]
        if self.store and directory.has_learned:
            with contextlib.suppress(OSError):
                self.store.write_note(_note(place), directory.snapshot().dump())

    def _directory(self, place: Place) -> Directory:
        if place not in self._directories:
            self._directories[place] = Directory(place, self._clock, self._snapshot(place))
        return self._directories[place]

    def _snapshot(self, place: Place) -> Snapshot | None:
        if self.store is None:
            return None
        try:
            note = self.store.read_note(_note(place))
            return None if note is None else Snapshot.load(note)
        except (OSError, ValueError):
            return None


def _place(request: ContextRequest) -> Place:
    return Place(request.root, request.excludes, request.overlays)


def _note(place: Place) -> str:
    """Name what is found in a place; below overlays it is the same."""
    return f"context {json.dumps([place.root, place.excludes])}"
