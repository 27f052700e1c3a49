"""Digests of files, remembered: who has read a file once need not read it again until it changes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pipeline_dsl.context.content import link_digest, read, signature_of
from pipeline_dsl.context.tree import ContextFile, Kind
from pipeline_dsl.context.unit import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.context.content import Signature
    from pipeline_dsl.context.unit import Unit


class Digests:
    """The digests of files, by where they are on disk.

    Arguments:
        unchanged: directories in which all that was remembered in full is still so.

    Attributes:
        unsure: files that have changed between being found and being read.
        learned: directories in which files have been read.
    """

    def __init__(self, unchanged: Iterable[Unit] = ()) -> None:
        self.unsure: set[str] = set()
        self.learned: set[str] = set()
        self._sure: dict[str, bytes] = {}
        for unit in unchanged:
            self._sure.update(zip(unit.paths(FULL), unit.contents(), strict=True))
        self._known: dict[str, tuple[Signature, bytes]] = {}

    def learn(self, unit: Unit) -> None:
        """Remember what an earlier run has read in a directory; what is known already counts for more."""
        for place, number, signed, digest in unit.known():
            if number == FULL:
                self._known.setdefault(place, (signed, digest))

    def known(self, file: ContextFile, signed: Signature) -> bytes | None:
        """Give the SHA-256 of a file's content, or of what a link says, without reading; None if unknown.

        Arguments:
            file: the file.
            signed: its signature.
        """
        if file.target:
            return link_digest(file.target)
        if file.source in self._sure:
            return self._sure[file.source]
        known = self._known.get(file.source)
        return known[1] if known is not None and known[0] == signed else None

    def of(self, file: ContextFile) -> bytes:
        """Give the SHA-256 of a regular file's content; read it where that is not known.

        Raises:
            OSError: it cannot be read, or is not a regular file any more.
        """
        if file.source in self._sure:
            return self._sure[file.source]
        signed = signature(file)
        known = self._known.get(file.source)
        if known is not None and known[0] == signed:
            return known[1]
        digest, status = read(file.source)
        if signed == signature_of(status):
            self._known[file.source] = (signed, digest)
            self.learned.add(file.source.rpartition("/")[0])
        else:
            self.unsure.add(file.source)
        return digest


def signature(file: ContextFile) -> Signature:
    """Give the signature of a file that was found."""
    # Not by a table: an enumeration's members are slow keys.
    if file.kind is Kind.REGULAR:
        return (file.mtime_ns, file.ctime_ns, file.size, file.inode, stat.S_IFREG | file.mode)
    size, form = len(os.fsencode(file.target)), stat.S_IFLNK if file.target else stat.S_IFDIR
    return (file.mtime_ns, file.ctime_ns, size, file.inode, form | file.mode)
