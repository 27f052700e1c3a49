"""Dividing a large directory of a build context, so that after a change only some of it is copied again."""

from __future__ import annotations

import functools
import itertools
import os
import zlib
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.context.listing import Listing, Part, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Run: TypeAlias = tuple[Callable[[], Part], int]
    """What makes some files that follow each other, and how many they are."""

_LEAST = 5_000
"""Files of a piece at least, more or less: an instruction by itself takes as long as some hundreds."""

_DOUBLINGS = 3
"""How often a directory is cut in two at most: an image must not have many more than a hundred layers."""

_REACH = 0.1
"""How far from where it would be a piece may begin, in pieces."""


def divide(listing: Listing, directory: str) -> tuple[Listing, tuple[str, ...]]:
    """Divide a directory into pieces, which together hold what is in it.

    The pieces follow the order of the files, and a file more or less hardly ever moves others from one into
    the next.

    Arguments:
        listing: the files of the build context.
        directory: a directory of it, from which nothing is taken but all of it at once.

    Returns:
        The files, with those of the directory in the pieces; and the pieces, which are directories in it:
        none if it is too small, or no directory.
    """
    files = _Files(listing)
    start, end = files.first(f"{directory}/"), files.first(f"{directory}\1")
    doublings = min(((end - start) // _LEAST).bit_length() - 1, _DOUBLINGS)
    if doublings < 1:
        return listing, ()
    count = 1 << doublings
    size = (end - start) / count
    cuts = [start, *(files.cut(start + number * size, size * _REACH) for number in range(1, count)), end]
    pieces = tuple(f"{directory}/{number}" for number in range(count))
    runs = [*files.between(0, start)]
    for piece, (first, last) in zip(pieces, itertools.pairwise(cuts), strict=True):
        runs += [*files.above(first, directory, piece), *files.between(first, last, directory, piece)]
    runs += files.between(end, listing.starts[-1])
    starts = itertools.accumulate((size for _, size in runs), initial=0)
    return Listing([make for make, _ in runs], [*starts], listing.is_plain), pieces


class _Files:
    """Finds files in a listing. The parts that it looks into are kept.

    Arguments:
        listing: the listing.
    """

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._part = functools.cache(lambda number: listing.makers[number]())

    def first(self, path: str) -> int:
        """Find the first file that does not come before a path."""
        return bisect_left(range(self._listing.starts[-1]), order(path), key=lambda at: order(self._path(at)))

    def cut(self, middle: float, reach: float) -> int:
        """Choose the beginning of a piece: near the middle, the file whose path has the least checksum.

        That is the same one when others come and go, while a number of files would end elsewhere.
        """
        near = range(round(middle - reach), round(middle + reach) + 1)
        return min(near, key=lambda at: zlib.crc32(os.fsencode(self._path(at))))

    def between(self, start: int, end: int, old: str = "", new: str = "") -> Iterator[_Run]:
        """Give what makes the files from one to another, with the beginning of their paths replaced."""
        spans = itertools.pairwise(self._listing.starts)
        for make, (low, high) in zip(self._listing.makers, spans, strict=True):
            first, last = max(start - low, 0), min(end, high) - low
            if first < last:
                yield functools.partial(_made, make, first, last, old, new), last - first

    def above(self, start: int, old: str, new: str) -> Iterator[_Run]:
        """Give the same for the directories that a file is in, down from one whose path is replaced."""
        names = self._path(start).split("/")
        for depth in range(old.count("/") + 1, len(names)):
            part, index = self._at(self.first("/".join(names[:depth])))
            yield functools.partial(Part._make, _some(part, index, index + 1, old, new)), 1

    def _at(self, index: int) -> tuple[Part, int]:
        number = bisect_right(self._listing.starts, index) - 1
        return self._part(number), index - self._listing.starts[number]

    def _path(self, index: int) -> str:
        part, at = self._at(index)
        return part.paths[at]


def _made(make: Callable[[], Part], start: int, end: int, old: str, new: str) -> Part:
    return _some(make(), start, end, old, new)


def _some(part: Part, start: int, end: int, old: str, new: str) -> Part:
    some = Part._make([column[start:end] for column in part])
    return some._replace(paths=[new + path.removeprefix(old) for path in some.paths])
