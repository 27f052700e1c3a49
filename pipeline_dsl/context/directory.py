"""A directory that is built from: what requests find in it, and have found in it before."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.beside import Beside
from pipeline_dsl.context.layers import Layers, ignore_bytes
from pipeline_dsl.context.looking import is_worthwhile
from pipeline_dsl.context.memory import Memory
from pipeline_dsl.context.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipeline_dsl.context.handover import Found
    from pipeline_dsl.context.ignore import Ignore
    from pipeline_dsl.context.listing import Listing
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.context.reader import Reader
    from pipeline_dsl.context.selection import Selection
    from pipeline_dsl.context.snapshot import Trace

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
        self._beside: Beside | None = None
        self._given: dict[str, Found] | None = None
        self._found: dict[str, str] = {}

    def begin(self, requests: Iterable[tuple[Selection, ...]], after: Callable[[], None]) -> bool:
        """Begin to read what has changed in a second process, if that pays.

        Arguments:
            requests: what is read.
            after: done by that process when this one has got what it has found.

        Returns:
            Whether it has been begun.
        """
        changed = [selections for selections in requests if not self.is_remembered(selections)]
        if not changed or self._reader or self._beside or not is_worthwhile(self._memory.units()):
            return False
        try:
            self._beside = Beside(functools.partial(self._handed_over, changed), after)
        except OSError:  # too many processes
            return False
        return True

    def end(self) -> None:
        """Wait for the second process, if there is one."""
        if self._beside:
            self._beside.end()

    @property
    def has_learned(self) -> bool:
        """Whether there is more to remember than the snapshot says. Overlays are only there for a run."""
        if self._place.overlays:
            return False
        return self._reader is not None or (self._memory.has_learned and not self._given)

    def check(self, selections: tuple[Selection, ...]) -> None:
        """Find files.

        Raises:
            DefinitionError: as for ``read_context``.
        """
        key = _key(selections)
        if not self.is_remembered(selections) and key not in self._taken_over():
            self._reading().files(key, selections)

    def listing(self, selections: tuple[Selection, ...]) -> Listing:
        """Find files and read them.

        Raises:
            DefinitionError: as for ``read_context``, or a file cannot be read.
        """
        key = _key(selections)
        found = self._taken_over().get(key)
        if found:
            return found.listing
        from pipeline_dsl.context.listing import Listing

        manifest = self.manifest(selections)
        return Listing.of(self._reading().files(key, selections), manifest.contents)

    def manifest(self, selections: tuple[Selection, ...]) -> Manifest:
        """Find files and read them.

        Raises:
            DefinitionError: as for ``read_context``, or a file cannot be read.
        """
        key = _key(selections)
        found = self._taken_over().get(key)
        return found.manifest if found else self._reading().manifest(key, selections)

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
            found = self._taken_over().get(key)
            self._found[key] = found.digest if found else self.manifest(selections).digest
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

    def _handed_over(self, requests: Iterable[tuple[Selection, ...]]) -> bytes:
        from pipeline_dsl.context import handover

        asked = ((each, self.manifest(each)) for each in requests)
        return handover.dump(
            {_key(each): handover.Found(self.listing(each), read, read.digest) for each, read in asked}
        )

    def _taken_over(self) -> dict[str, Found]:
        """Give what the second process has found, once it has; nothing if it has failed."""
        if self._given is None:
            self._given = {}
            answer = self._beside.answer() if self._beside else None
            if answer:
                from pipeline_dsl.context import handover

                self._given = handover.load(answer)
        return self._given

    def _reading(self) -> Reader:
        if self._reader is None:
            from pipeline_dsl.context.digests import Digests
            from pipeline_dsl.context.reader import Reader
            from pipeline_dsl.context.tree import Tree

            layers = Layers(self._place.root, self._place.overlays)
            unchanged = self._memory.unchanged()
            digests = Digests(unchanged.values())
            remembered = self._snapshot.units() if self._snapshot else ()
            for unit in dict.fromkeys(itertools.chain(self._memory.units(), remembered)):
                if unchanged.get(unit.place) is not unit:
                    digests.learn(unit)
            looked = self._clock()
            self._reader = Reader(Tree(layers, self._ignore, unchanged), digests, looked)
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
