"""The files of a build context in the order in which they are sent, and what is in them."""

from __future__ import annotations

import functools
import itertools
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.tree import ContextFile, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SIZE = 1000
"""Files of a part: few enough that it is made at once, and enough that there are not many parts."""

_LATEST = 2**63 - 1_000_000_000
"""Nanoseconds from 1970 up to which 64 bits can tell a time, whatever its last second says."""


class Part(NamedTuple):
    """Some files, field by field: there may be many thousands, and each by itself would take its time.

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

    @property
    def files(self) -> Iterable[ContextFile]:
        """The files one by one."""
        return map(ContextFile._make, zip(*self[:-1], strict=True))


class Listing(NamedTuple):
    """The files of a build context. What is in a directory follows it at once.

    Arguments:
        makers: make the parts of it.
        starts: how many files come before each part, and at the end how many there are.
        is_plain: whether all names and targets are UTF-8, and no time is centuries away.
    """

    makers: Sequence[Callable[[], Part]]
    starts: Sequence[int]
    is_plain: bool

    @classmethod
    def of(cls, files: Iterable[ContextFile], contents: Iterable[str]) -> Listing:
        """List files in any order, each with what it has to hold."""
        told = [(*file, content) for file, content in zip(files, contents, strict=True)]
        told.sort(key=lambda fields: order(fields[0]))
        starts = range(0, len(told), _SIZE)
        parts = [Part._make(zip(*told[start : start + _SIZE], strict=True)) for start in starts]
        makers = [functools.partial(Part._make, part) for part in parts]
        return cls(makers, [*starts, len(told)], all(map(_is_plain, parts)))

    @property
    def parts(self) -> Iterator[Part]:
        """The files, part by part: each is made when it is wanted, and the first one soon."""
        return (make() for make in self.makers)

    @property
    def files(self) -> tuple[ContextFile, ...]:
        """The files one by one."""
        return tuple(itertools.chain.from_iterable(part.files for part in self.parts))

    @property
    def contents(self) -> tuple[str, ...]:
        """What each file has to hold."""
        return tuple(itertools.chain.from_iterable(part.contents for part in self.parts))

    def file(self, index: int) -> tuple[ContextFile, str]:
        """Give one of the files, and what it has to hold.

        Raises:
            IndexError: there are not that many.
        """
        number = bisect_right(self.starts, index) - 1
        part, at = self.makers[number](), index - self.starts[number]
        return ContextFile._make(column[at] for column in part[:-1]), part.contents[at]


def order(path: str) -> str:
    """Give what sorts paths as they are sent: "a/b" before "a.b", as if the slash were before all else."""
    return path.replace("/", "\0")


def _is_plain(part: Part) -> bool:
    try:
        "".join((*part.paths, *part.targets)).encode()
    except UnicodeEncodeError:
        return False
    return max(map(abs, part.mtimes)) < _LATEST
