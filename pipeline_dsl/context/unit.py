"""What is remembered of a directory: the smallest part of a snapshot."""

from __future__ import annotations

import functools
import itertools
import operator
import os
import struct
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline_dsl.context.content import Signature

IGNORED, MODE, FULL, RACY = range(4)
"""What is remembered of a name: that it is there; kind and mode, where nobody has read the file; all; all,
although it may have changed unnoticed."""

SIGNATURE = struct.Struct("<qqqQI")
MODES = struct.Struct("<I")
DIGEST_SIZE = 32

CHANGED, SAME, RENAMED = range(3)
"""How a directory is found: changed; the same; the same but for names of which nothing is remembered."""

_signature = operator.attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_mode")


class Unit:
    """What is remembered of a directory. Equal to itself only, so that it can be a key.

    Arguments:
        place: where it is on disk.
        is_whole: whether it was listed; else some names were looked for.
        names: the names in it, or those that were looked for.
        classes: for each name, what is remembered: ``IGNORED``, ``MODE``, ``FULL`` or ``RACY``.
        signatures: packed signatures of those of which all is remembered, in the order of the names.
        digests: their digests, end to end.
        modes: packed modes of those of which the mode is remembered.
    """

    __slots__ = ("classes", "digests", "is_whole", "modes", "names", "place", "signatures")

    def __init__(  # noqa: PLR0913 -- as many as it has parts
        self,
        place: str,
        *,
        is_whole: bool,
        names: Sequence[str],
        classes: bytes,
        signatures: bytes,
        digests: bytes,
        modes: bytes,
    ) -> None:
        self.place = place
        self.is_whole = is_whole
        self.names = names
        self.classes = classes
        self.signatures = signatures
        self.digests = digests
        self.modes = modes

    def paths(self, *classes: int) -> Iterator[str]:
        """Give the places of the names of some classes."""
        start = self.place if self.place.endswith("/") else f"{self.place}/"
        return map(start.__add__, self.of(*classes))

    def of(self, *classes: int) -> Iterator[str]:
        """Give the names of some classes."""
        return itertools.compress(self.names, self.classes.translate(_selector(classes)))

    def known(self) -> Iterator[tuple[str, int, Signature, bytes]]:
        """Give what is remembered in full: place, class, signature, digest."""
        classes = filter((FULL, RACY).__contains__, self.classes)
        return zip(self.paths(FULL, RACY), classes, self.signed(), self.contents(), strict=True)

    def signed(self) -> Iterator[Signature]:
        """Give the signatures of what is remembered in full."""
        return cast("Iterator[Signature]", SIGNATURE.iter_unpack(self.signatures))

    def contents(self) -> Iterator[bytes]:
        """Give the digests of what is remembered in full."""
        starts = range(0, len(self.digests), DIGEST_SIZE)
        return (self.digests[start : start + DIGEST_SIZE] for start in starts)

    def beside(self, ignored: Sequence[str]) -> Unit:
        """Give a unit with other ignored names."""
        remembered = [
            name for name, number in zip(self.names, self.classes, strict=True) if number != IGNORED
        ]
        classes = self.classes.translate(None, bytes([IGNORED])) + bytes([IGNORED]) * len(ignored)
        return self._with([*remembered, *ignored], classes)

    def with_classes_of_known(self, classes: Iterable[int]) -> Unit:
        """Give a unit with other classes, ``FULL`` or ``RACY``, of what is remembered in full."""
        ahead = iter(classes)
        changed = bytes(next(ahead) if number in (FULL, RACY) else number for number in self.classes)
        return self if changed == self.classes else self._with(self.names, changed)

    def says_the_same_as(self, other: Unit) -> bool:
        """Say whether the same is remembered; when each was remembered does not count."""
        return self._said() == other._said()

    def look(self) -> int:
        """Compare with what is on disk, by signatures only: what is racy may have changed nevertheless.

        Returns:
            ``CHANGED``, ``SAME`` or ``RENAMED``.
        """
        try:
            is_same = not self.is_whole or _are_same(names_in(self.place), self.names)
            is_changed = not self._is_unchanged()
        except (OSError, ValueError):  # gone, unreadable, or a name that no file can have
            return CHANGED
        if is_changed:
            return CHANGED
        return SAME if is_same else RENAMED

    def _with(self, names: Sequence[str], classes: bytes) -> Unit:
        return Unit(
            self.place,
            is_whole=self.is_whole,
            names=names,
            classes=classes,
            signatures=self.signatures,
            digests=self.digests,
            modes=self.modes,
        )

    def _said(self) -> tuple[object, ...]:
        classes = self.classes.replace(bytes([RACY]), bytes([FULL])).translate(None, bytes([IGNORED]))
        names = list(self.of(MODE, FULL, RACY))
        return (self.place, self.is_whole, names, classes, self.signatures, self.digests, self.modes)

    def _is_unchanged(self) -> bool:
        # No line of Python is run for each file: there may be many thousands.
        statuses = map(os.lstat, self.paths(FULL, RACY))
        if not all(map(operator.eq, map(_signature, statuses), SIGNATURE.iter_unpack(self.signatures))):
            return False
        modes = (os.lstat(path).st_mode for path in self.paths(MODE))
        return all(map(operator.eq, modes, itertools.chain.from_iterable(MODES.iter_unpack(self.modes))))


def names_in(place: str) -> list[str]:
    """List a directory.

    Raises:
        OSError: it is not there, is none, or cannot be read.
    """
    return os.listdir(place)  # noqa: PTH208 -- a Path takes several times as long


def _are_same(found: list[str], known: Sequence[str]) -> bool:
    # The order of an unchanged directory is the same, as a rule.
    return found == known or (len(found) == len(known) and sorted(found) == sorted(known))


@functools.cache
def _selector(classes: tuple[int, ...]) -> bytes:
    return bytes(number in classes for number in range(256))
