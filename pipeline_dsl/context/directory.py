"""A directory that is built from: what requests find in it, and have found in it before."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.layers import ignore_bytes
from pipeline_dsl.context.memory import Memory
from pipeline_dsl.context.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_dsl.context.ignore import Ignore
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.context.reader import Reader
    from pipeline_dsl.context.selection import Selection
    from pipeline_dsl.context.snapshot import Trace
    from pipeline_dsl.context.tree import ContextFile

# What reads files is imported when files have to be read: a run that has nothing to do does not wait for it.
# ruff: noqa: PLC0415


class Place(NamedTuple):
    """Where files are, and which of them are part of a build.

    Arguments:
        root: the directory.
        excludes: patterns that stand instead of its ``.dockerignore``, if there are any.
        overlays: directories that lie over it, the last one on top.
    """

    root: str
    excludes: tuple[str, ...]
    overlays: tuple[str, ...]


class Directory:
    """What requests find in a place. Whoever asks again gets the same answer.

    Arguments:
        place: the place.
        clock: gives the time, in nanoseconds since 1970.
        snapshot: what an earlier run has found, if anything.

    Raises:
        DefinitionError: its ``.dockerignore`` cannot be read.
    """

    def __init__(self, place: Place, clock: Callable[[], int], snapshot: Snapshot | None) -> None:
        self._place = place
        self._clock = clock
        self._looked = clock()
        self._patterns = json.dumps(place.excludes).encode() if place.excludes else _ignore_bytes(place.root)
        self._ignored = hashlib.sha256(self._patterns).hexdigest()
        # When a clock has been set back, files may get times again that they have had before.
        self._snapshot = snapshot if snapshot and snapshot.taken <= self._looked else None
        self._memory = Memory(place.root, self._remembered(), lambda: self._ignore, self._looked)
        self._reader: Reader | None = None
        self._found: dict[str, str] = {}

    @property
    def has_learned(self) -> bool:
        """Whether there is more to remember than the snapshot says. Overlays are only there for a run."""
        return not self._place.overlays and (self._reader is not None or self._memory.has_learned)

    def files(self, selections: tuple[Selection, ...]) -> tuple[ContextFile, ...]:
        """Find files.

        Raises:
            DefinitionError: as for ``read_context``.
        """
        return self._reading().files(_key(selections), selections)

    def manifest(self, selections: tuple[Selection, ...]) -> Manifest:
        """Find files and read them.

        Raises:
            DefinitionError: as for ``read_context``, or a file cannot be read.
        """
        return self._reading().manifest(_key(selections), selections)

    def is_remembered(self, selections: tuple[Selection, ...]) -> bool:
        """Say whether the digest can be given without reading the files."""
        key = _key(selections)
        if key not in self._found:
            digest = self._memory.digest(key)
            if digest is None:
                return False
            self._found[key] = digest
        return True

    def digest(self, selections: tuple[Selection, ...]) -> str:
        """Give the digest of the manifest.

        Raises:
            DefinitionError: as for ``manifest``.
        """
        key = _key(selections)
        if not self.is_remembered(selections):
            self._found[key] = self.manifest(selections).digest
        return self._found[key]

    def snapshot(self) -> Snapshot:
        """Note what has been found."""
        taken = max(self._looked, self._clock())
        if self._reader is None:
            return Snapshot(self._ignored, taken, self._memory.traces({}))
        traces, listed = self._reader.traces()
        return Snapshot(self._ignored, taken, self._memory.traces(listed) | traces)

    def _remembered(self) -> Mapping[str, Trace]:
        """Give the traces that may still be so. Overlays change what there is, but not the files below."""
        if self._snapshot is None or self._snapshot.ignored != self._ignored or self._place.overlays:
            return {}
        return self._snapshot.traces

    def _reading(self) -> Reader:
        if self._reader is None:
            from pipeline_dsl.context.digests import Digests
            from pipeline_dsl.context.reader import Reader

            digests = Digests()
            remembered = self._snapshot.units() if self._snapshot else ()
            for unit in dict.fromkeys(itertools.chain(self._memory.units(), remembered)):
                digests.learn(unit)
            looked = self._clock()
            place = self._place
            self._reader = Reader(place.root, place.overlays, self._ignore, digests, looked)
        return self._reader

    @functools.cached_property
    def _ignore(self) -> Ignore:
        from pipeline_dsl.context.ignore import Ignore
        from pipeline_dsl.context.reading import parse_ignore

        return Ignore.of(self._place.excludes) if self._place.excludes else parse_ignore(self._patterns)


@functools.lru_cache(1000)
def _key(selections: tuple[Selection, ...]) -> str:
    """Name a request."""
    named = [[each.sources, each.exclude, each.prefix] for each in selections]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def _ignore_bytes(root: str) -> bytes:
    try:
        return ignore_bytes(root)
    except OSError as error:
        from pipeline_dsl.context.reading import unreadable
        from pipeline_dsl.errors import DefinitionError

        raise DefinitionError([unreadable(error, root)]) from error
