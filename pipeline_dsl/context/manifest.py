"""What a build takes of its context: the part of a key that is about files, and that explains it."""

from __future__ import annotations

import functools
import hashlib
import itertools
import operator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    _Texts: TypeAlias = tuple[str, str, str, str]

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


_FIELDS = len(Entry._fields)


class Manifest:
    """The files of a build context as far as they can make a difference to an image: no times, no owners.

    There may be many thousands, so they are kept as the texts that are written down.

    >>> manifest = Manifest([Entry("a", "d", 0o755, ""), Entry("a/b", "l", 0, "../c")])
    >>> Manifest.load(manifest.dump()) == manifest
    True

    Arguments:
        entries: what is in it, sorted by path; each an ``Entry``, or a tuple like one.
    """

    def __init__(self, entries: Iterable[tuple[str, str, int, str]]) -> None:
        texts = ((path, kind, _octal(mode), content) for path, kind, mode, content in entries)
        self._texts = list(itertools.chain.from_iterable(texts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is in it."""
        return tuple(map(_entry, _grouped(self._texts)))

    @property
    def paths(self) -> Sequence[str]:
        """Where its entries are."""
        return self._texts[0::_FIELDS]

    @functools.cached_property
    def files(self) -> dict[str, str]:
        """The contents of its regular files, by path."""
        are_regular = map("f".__eq__, self._texts[1::_FIELDS])
        contents = zip(self.paths, self._texts[3::_FIELDS], strict=True)
        return dict(itertools.compress(contents, are_regular))

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of all, in hexadecimal digits."""
        return hashlib.sha256(self.dump()).hexdigest()

    def at(self, number: int) -> Entry:
        """Give an entry by its place in the list."""
        path, kind, mode, content = self._texts[_FIELDS * number : _FIELDS * (number + 1)]
        return _entry((path, kind, mode, content))

    def unlike(self, other: Manifest) -> set[Entry]:
        """Give the entries that only one of both has."""
        one, two = self._texts, other._texts
        most = min(len(one), len(two))
        # Nearly all is the same, as a rule, up to the first difference, and from the last one on.
        start = _alike(one, two, most)
        end = _alike(reversed(one), reversed(two), most - start)
        left, right = (set(_grouped(texts[start : len(texts) - end])) for texts in (one, two))
        return set(map(_entry, left ^ right))

    def dump(self) -> bytes:
        """Write it down: fields that each end in a zero byte, which no name and no link can have in it.

        Raises:
            ValueError: one has it nevertheless.
        """
        return self._dumped

    @classmethod
    def load(cls, dumped: bytes) -> Manifest:
        """Read what ``dump`` has written.

        Raises:
            ValueError: it has not.
        """
        header, *texts, end = dumped.decode("utf-8", "surrogateescape").split("\0")
        if header != _HEADER or end or len(texts) % _FIELDS:
            raise ValueError("not a manifest")
        if not _KINDS.issuperset(texts[1::_FIELDS]):
            raise ValueError("a manifest with unknown kinds of files")
        for mode in set(texts[2::_FIELDS]):
            int(mode, 8)
        manifest = cls(())
        manifest._texts, manifest._dumped = texts, dumped
        return manifest

    @functools.cached_property
    def _dumped(self) -> bytes:
        text = "\0".join([_HEADER, *self._texts, ""])
        if text.count("\0") != 1 + len(self._texts):
            raise ValueError("a zero byte within a field of a manifest")
        return text.encode("utf-8", "surrogateescape")


@functools.cache
def _octal(mode: int) -> str:
    return f"{mode:o}"


def _grouped(texts: Iterable[str]) -> Iterator[_Texts]:
    """Take together what is said of an entry."""
    one = iter(texts)
    return zip(one, one, one, one, strict=True)


def _entry(texts: _Texts) -> Entry:
    path, kind, mode, content = texts
    return Entry(path, kind, int(mode, 8), content)


def _alike(one: Iterable[str], other: Iterable[str], most: int) -> int:
    """Say how many texts of whole entries are the same, from the front."""
    differing = itertools.compress(itertools.count(), map(operator.ne, one, other))
    return min(next(differing, most), most) // _FIELDS * _FIELDS
