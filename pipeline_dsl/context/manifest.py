"""What a build takes of its context: the part of a key that is about files, and that explains it."""

from __future__ import annotations

import functools
import hashlib
import itertools
from typing import NamedTuple

_HEADER = "pipeline-dsl manifest 1"
_KINDS = frozenset("dfl")


class Entry(NamedTuple):
    """One file, directory or symbolic link.

    Arguments:
        path: where it is in the context; bytes that are not UTF-8 as surrogates.
        kind: ``f``, ``d`` or ``l``.
        mode: permission bits as the image gets them; 0 for a link, which has none of its own.
        content: SHA-256 of a file's content in hexadecimal digits; what a link says; empty for a directory.
    """

    path: str
    kind: str
    mode: int
    content: str


class _Entries(NamedTuple):
    entries: tuple[Entry, ...]


class Manifest(_Entries):
    """The files of a build context as far as they can make a difference to an image: no times, no owners.

    >>> manifest = Manifest((Entry("a", "d", 0o755, ""), Entry("a/b", "l", 0, "../c")))
    >>> Manifest.load(manifest.dump()) == manifest
    True

    Arguments:
        entries: what is in it, sorted by path.
    """

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of all, in hexadecimal digits."""
        return hashlib.sha256(self.dump()).hexdigest()

    def dump(self) -> bytes:
        """Write it down: fields that each end in a zero byte, which no name and no link can have in it.

        Raises:
            ValueError: one has it nevertheless.
        """
        fields = ((path, kind, f"{mode:o}", content) for path, kind, mode, content in self.entries)
        text = "\0".join([_HEADER, *itertools.chain.from_iterable(fields), ""])
        if text.count("\0") != 1 + len(Entry._fields) * len(self.entries):
            raise ValueError("a zero byte within a field of a manifest")
        return text.encode("utf-8", "surrogateescape")

    @classmethod
    def load(cls, dumped: bytes) -> Manifest:
        """Read what ``dump`` has written.

        Raises:
            ValueError: it has not.
        """
        header, *fields, end = dumped.decode("utf-8", "surrogateescape").split("\0")
        if header != _HEADER or end or len(fields) % len(Entry._fields):
            raise ValueError("not a manifest")
        modes = (int(mode, 8) for mode in fields[2::4])
        entries = tuple(map(Entry, fields[0::4], fields[1::4], modes, fields[3::4]))
        if not _KINDS.issuperset(fields[1::4]):
            raise ValueError("a manifest with unknown kinds of files")
        return cls(entries)
