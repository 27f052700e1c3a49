"""What one process has found, written down for another one of the same program."""

from __future__ import annotations

import itertools
import marshal
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.manifest import Manifest
from pipeline_dsl.context.tree import ContextFile, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VERSION = 2
"""Of marshal's format: the last one that does not look whether it has written an object before."""

_KIND = ContextFile._fields.index("kind")
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
    """Write down what was found, by request."""
    plain = {key: (_columns(files), manifest.dump()) for key, (files, manifest) in found.items()}
    return marshal.dumps(plain, _VERSION)


def load(dumped: bytes) -> dict[str, Found]:
    """Read what ``dump`` has written."""
    return {
        key: Found(_files(columns), Manifest.load(manifest))
        for key, (columns, manifest) in marshal.loads(dumped).items()  # noqa: S302 -- of this program
    }


def _columns(files: Sequence[ContextFile]) -> list[Sequence[object]]:
    """Give what is known of files field by field, with words for their kinds."""
    columns: list[Sequence[object]] = list(zip(*files, strict=True))
    columns[_KIND : _KIND + 1] = [[file.kind.value for file in files]] if columns else []
    return columns


def _files(columns: list[Sequence[object]]) -> tuple[ContextFile, ...]:
    columns[_KIND : _KIND + 1] = [[_KINDS[str(word)] for word in columns[_KIND]]] if columns else []
    # As the constructor does it, without a line of Python for each: there may be many thousands.
    return tuple(map(tuple.__new__, itertools.repeat(ContextFile), zip(*columns, strict=True)))
