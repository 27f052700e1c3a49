"""What a build takes from us, as fsutil's protocol lists it: files, and whether they have changed."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.context.listing import Listing
from pipeline_dsl.context.reading import Kind
from pipeline_dsl.engine.sdk.session.call import framed
from pipeline_dsl.engine.sdk.session.session_pb2 import Packet
from pipeline_dsl.engine.tarball import read
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NANOSECONDS = 1_000_000_000
_DIGITS = 16
"""Hexadecimal digits of a digest that are looked at: far more than fit into a second's nanoseconds."""

_TYPES = {Kind.REGULAR: 0, Kind.DIRECTORY: 1 << 31, Kind.SYMLINK: 1 << 27}
_SPECIAL = ((0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20))
"""Go's bits for set-user-id, set-group-id and sticky."""


class Source(Protocol):
    """Files that are sent to an engine, as far as it does not have them from an earlier build."""

    def packets(self) -> Iterator[bytes]:
        """List all files, as packets in their frames. The engine asks for one by its place in the list."""

    def read(self, index: int) -> Iterator[bytes]:
        """Read a file.

        Raises:
            StepError: it cannot be read, or changed since it was found.
            LookupError: there is no such file.
        """


class Generated:
    """Files in the top directory that exist nowhere else.

    Arguments:
        files: contents by name.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = sorted(files.items())

    def packets(self) -> Iterator[bytes]:
        """List all files; see ``Source.packets``."""
        listed = _List()
        for name, text in self._files:
            # They have no time, so it can say all of what is in them; a year that file systems know is left.
            time = int(hashlib.sha256(text).hexdigest()[:_DIGITS], 16) >> 4
            yield listed.packet(name, _TYPES[Kind.REGULAR] | 0o644, len(text), time)

    def read(self, index: int) -> Iterator[bytes]:
        """Give the content of a file; see ``Source.read``."""
        yield self._files[index][1]


class Context:
    """Files of a build context.

    Arguments:
        given: the files, in an order that is the protocol's, too.
    """

    def __init__(self, given: Listing) -> None:
        self._given = given

    @property
    def can_be_listed(self) -> bool:
        """Whether the protocol has words for them."""
        return self._given.is_plain

    def only(self, path: str) -> Context:
        """Leave out all files but one, which may not be there either."""
        files = zip(self._given.files, self._given.contents, strict=True)
        found = [(file, content) for file, content in files if file.path == path]
        return Context(Listing.of((file for file, _ in found), (content for _, content in found)))

    def packets(self) -> Iterator[bytes]:
        """List all files; see ``Source.packets``."""
        listed = _List()
        for part in self._given.parts:
            modes = map(_mode, part.kinds, part.modes)
            times = map(_time, part.kinds, part.mtimes, part.contents)
            told = zip(part.paths, modes, part.sizes, times, part.targets, strict=True)
            for path, mode, size, time, target in told:
                yield listed.packet(path, mode, len(target.encode()) or size, time, target)

    def read(self, index: int) -> Iterator[bytes]:
        """Read a file; see ``Source.read``."""
        file, content = self._given.file(index)
        try:
            yield from read(file, content)
        except OSError as error:
            problem = Problem("context-unreadable", f'"{file.source}" cannot be read: {error.strerror}.')
            raise StepError([problem]) from error


def _time(kind: Kind, mtime: int, content: str) -> int:
    """Give a time that is another one whenever the content is.

    The engine has a file of an earlier build, and does not ask for it, if its time and its size are the
    same. So the nanoseconds say what is in it; no image keeps them.
    """
    said = int(content[:_DIGITS], 16) if kind is Kind.REGULAR else 0
    return mtime - mtime % _NANOSECONDS + said % _NANOSECONDS


@functools.cache
def _mode(kind: Kind, mode: int) -> int:
    """Write a mode as Go does; that of a link is what a link has."""
    permissions = 0o777 if kind is Kind.SYMLINK else mode & 0o777
    return _TYPES[kind] | permissions | sum(go for unix, go in _SPECIAL if mode & unix)


class _List:
    """Writes the packets of a list; one after another into the same object, which is twice as fast."""

    def __init__(self) -> None:
        self._packet = Packet()
        self._stat = self._packet.stat

    def packet(self, path: str, mode: int, size: int, time: int, target: str = "") -> bytes:
        """Write the packet of a file, in its frame."""
        stat = self._stat
        stat.path, stat.mode, stat.size, stat.modTime, stat.linkname = path, mode, size, time, target
        return framed(self._packet.SerializeToString())
