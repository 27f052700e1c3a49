"""What a build takes of its context: the part of a key that is about files, and that explains it."""

from __future__ import annotations

import functools
import hashlib
import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

_HEADER = b"pipeline-dsl manifest 1\0"


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


_FIELDS = len(Entry._fields)


class Manifest:
    """The files of a build context as far as they can make a difference to an image: no times, no owners.

    There may be many thousands, so they are kept as they are written down: fields that each end in a zero
    byte, which no name and no link can have in it.

    >>> manifest = Manifest([Entry("a", "d", 0o755, ""), Entry("a/b", "l", 0, "../c")])
    >>> Manifest.load(manifest.dump()) == manifest
    True

    Arguments:
        entries: what is in it, sorted by path; each an ``Entry``, or a tuple like one.

    Raises:
        ValueError: there is a zero byte in a field.
    """

    def __init__(self, entries: Iterable[tuple[str, str, int, str]]) -> None:
        each = ((path, kind, _octal(mode), content) for path, kind, mode, content in entries)
        texts = list(itertools.chain.from_iterable(each))
        self._written = _encoded("\0".join([*texts, ""]))
        if self._written.count(0) != len(texts):
            raise ValueError("a zero byte within a field of a manifest")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self._written == other._written

    def __hash__(self) -> int:
        return hash(self._written)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is in it."""
        return _entries(self._written)

    @property
    def contents(self) -> list[str]:
        """What its entries say of contents, one by one."""
        return _texts(self._written)[3::_FIELDS]

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of all, in hexadecimal digits."""
        return hashlib.sha256(self.dump()).hexdigest()

    def ending(self, ends: Collection[str]) -> Iterator[Entry]:
        """Give the entries whose paths end in one of some texts; one that ends in several more than once."""
        written = self._written
        for wanted in map(_encoded, ends):
            fields = counted = 0
            at = written.find(wanted + b"\0")
            while at >= 0:
                end = at + len(wanted)
                fields += written.count(0, counted, end)
                if fields % _FIELDS == 0:  # it is in a path
                    start = written.rfind(0, 0, end) + 1
                    yield from _entries(written[start : _after(written, end, _FIELDS)])
                counted = end
                at = written.find(wanted + b"\0", at + 1)

    def unlike(self, other: Manifest) -> set[Entry]:
        """Give the entries that only one of both has."""
        # Nearly all is the same, as a rule, up to the first difference, and from the last one on.
        start = _alike_before(self._written, other._written)
        one, two = self._written[start:], other._written[start:]
        end = _alike_behind(one, two)
        return {*_entries(one[: len(one) - end])} ^ {*_entries(two[: len(two) - end])}

    def dump(self) -> bytes:
        """Write it down."""
        return _HEADER + self._written

    @classmethod
    def load(cls, dumped: bytes) -> Manifest:
        """Read what ``dump`` has written.

        Raises:
            ValueError: it was written in another way, or does not end where an entry does.
        """
        written = dumped[len(_HEADER) :]
        if not dumped.startswith(_HEADER) or written.count(0) % _FIELDS or written[-1:].strip(b"\0"):
            raise ValueError("not a manifest")
        manifest = cls(())
        manifest._written = written
        return manifest


@functools.cache
def _octal(mode: int) -> str:
    return f"{mode:o}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _texts(written: bytes) -> list[str]:
    return written.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _entries(written: bytes) -> tuple[Entry, ...]:
    texts = iter(_texts(written))
    return tuple(
        Entry(path, kind, int(mode, 8), content)
        for path, kind, mode, content in zip(texts, texts, texts, texts, strict=True)
    )


def _after(written: bytes, start: int, fields: int) -> int:
    """Say where some fields end, from a place within the first one on."""
    for _ in range(fields):
        start = written.index(0, start) + 1
    return start


def _alike_before(one: bytes, two: bytes) -> int:
    """Say how many bytes of whole entries are the same, from the front."""
    end = _most(min(len(one), len(two)), lambda start, end: one[start:end] == two[start:end])
    for _ in range(one.count(0, 0, end) % _FIELDS + 1):
        end = one.rfind(0, 0, end)
    return end + 1


def _alike_behind(one: bytes, two: bytes) -> int:
    """Say how many bytes of whole entries are the same, from the back."""
    last = min(len(one), len(two))
    one, two = one[len(one) - last :], two[len(two) - last :]
    start = last - _most(last, lambda n, more: one[last - more : last - n] == two[last - more : last - n])
    fields = one.count(0, start)
    # The first one of them may have begun before.
    return last - _after(one, start, 1 + (fields - 1) % _FIELDS) if fields else 0


def _most(limit: int, is_alike: Callable[[int, int], bool]) -> int:
    """Give the greatest number up to a limit such that all below it is alike, told from where to where."""
    found = 0
    while found < limit:
        half = (found + limit + 1) // 2
        if is_alike(found, half):
            found = half
        else:
            limit = half - 1
    return found
