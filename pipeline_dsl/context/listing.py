"""The files of a build context in the order in which they are sent, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.tree import ContextFile, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Listing(NamedTuple):
    """The files of a build context field by field: there may be many thousands, and each would take its time.

    What is in a directory follows it at once.

    Arguments:
        paths: where they are in the context; this and what follows, up to the inodes, as in ``ContextFile``.
        sources: where they are on disk.
        kinds: what they are.
        modes: their permission bits.
        sizes: bytes of regular files.
        mtimes: times of their last changes.
        targets: what symbolic links say.
        ctimes: times of the last changes of what is known about them.
        inodes: their numbers in the file system.
        contents: SHA-256 of what each regular file has to hold, in hexadecimal digits; for other files
            whatever their manifest says.
    """

    paths: Sequence[str]
    sources: Sequence[str]
    kinds: Sequence[Kind]
    modes: Sequence[int]
    sizes: Sequence[int]
    mtimes: Sequence[int]
    targets: Sequence[str]
    ctimes: Sequence[int]
    inodes: Sequence[int]
    contents: Sequence[str]

    @classmethod
    def of(cls, files: Iterable[ContextFile], contents: Iterable[str]) -> Listing:
        """List files in any order, each with what it has to hold."""
        # Before "a.b" comes "a/b", as if the slash were before all else.
        told = [(*file, content) for file, content in zip(files, contents, strict=True)]
        told.sort(key=lambda fields: fields[0].replace("/", "\0"))
        return cls._make(zip(*told, strict=True) if told else [()] * len(cls._fields))

    @property
    def files(self) -> tuple[ContextFile, ...]:
        """The files one by one."""
        return tuple(map(ContextFile._make, zip(*self[:-1], strict=True)))

    def file(self, index: int) -> ContextFile:
        """Give one of the files.

        Raises:
            IndexError: there are not that many.
        """
        return ContextFile._make(column[index] for column in self[:-1])
