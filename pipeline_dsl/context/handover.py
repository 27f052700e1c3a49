"""What one process has found, written down for another one of the same program."""

from __future__ import annotations

import array
import itertools
import marshal
import operator
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.manifest import Manifest
from pipeline_dsl.context.tree import ContextFile, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_TEXTS = ("path", "source", "kind.value", "target")
_NUMBERS = {"mode": "Q", "size": "Q", "mtime_ns": "q", "ctime_ns": "q", "inode": "Q"}
"""What is known of a file; of numbers also what ``array`` calls those of that size."""

_KINDS = {kind.value: kind for kind in Kind}


class Found(NamedTuple):
    """What was found for a request.

    Arguments:
        files: the files; see ``read_context``.
        manifest: the same, read.
    """

    files: tuple[ContextFile, ...]
    manifest: Manifest


def dump(found: Mapping[str, Found]) -> bytes:
    """Write down what was found, by request.

    Raises:
        OverflowError: a time is centuries away.
    """
    plain = {key: (_columns(files), manifest.dump()) for key, (files, manifest) in found.items()}
    return marshal.dumps(plain)


def load(dumped: bytes) -> dict[str, Found]:
    """Read what ``dump`` has written."""
    return {
        key: Found(_files(*columns), Manifest.load(manifest))
        for key, (columns, manifest) in marshal.loads(dumped).items()  # noqa: S302 -- of this program
    }


def _columns(files: Sequence[ContextFile]) -> tuple[list[str], list[bytes]]:
    """Give what is known of files field by field: a few long texts instead of many short ones."""
    texts = ["\0".join([*map(operator.attrgetter(name), files), ""]) for name in _TEXTS]
    numbers = [array.array(kind, map(operator.attrgetter(name), files)) for name, kind in _NUMBERS.items()]
    return texts, [column.tobytes() for column in numbers]


def _files(texts: Iterable[str], numbers: Iterable[bytes]) -> tuple[ContextFile, ...]:
    path, source, words, target = (text.split("\0")[:-1] for text in texts)
    mode, size, mtime_ns, ctime_ns, inode = map(array.array, _NUMBERS.values(), numbers)
    kind = map(_KINDS.__getitem__, words)
    files = zip(path, source, kind, mode, size, mtime_ns, target, ctime_ns, inode, strict=True)
    # As the constructor does it, without a line of Python for each: there may be many thousands.
    return tuple(map(tuple.__new__, itertools.repeat(ContextFile), files))
