"""What one process has found, written down for another one of the same program."""

from __future__ import annotations

import array
import functools
import marshal
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.listing import Listing, Part
from pipeline_dsl.context.manifest import Manifest
from pipeline_dsl.context.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_NATURAL, _INTEGER = "Q", "q"
"""What ``array`` calls numbers of 64 bits."""

_KINDS = tuple(Kind)


class Found(NamedTuple):
    """What was found for a request.

    Arguments:
        listing: the files.
        manifest: what a key takes of them.
        digest: that of the manifest.
    """

    listing: Listing
    manifest: Manifest
    digest: str


def dump(found: Mapping[str, Found]) -> bytes:
    """Write down what was found, by request: a few long texts instead of many short ones.

    Raises:
        OverflowError: a time is centuries away.
    """
    return marshal.dumps({key: _plain(*each) for key, each in found.items()})


def load(dumped: bytes) -> dict[str, Found]:
    """Read what ``dump`` has written."""
    return {
        key: Found(
            Listing([functools.partial(_part, part) for part in parts], starts, is_plain),
            Manifest.load(manifest),
            digest,
        )
        for key, (parts, starts, is_plain, manifest, digest) in marshal.loads(dumped).items()  # noqa: S302 -- of this program
    }


def _plain(
    listing: Listing, manifest: Manifest, digest: str
) -> tuple[list[bytes], list[int], bool, bytes, str]:
    parts = [marshal.dumps(_columns(part)) for part in listing.parts]
    return parts, [*listing.starts], listing.is_plain, manifest.dump(), digest


def _columns(part: Part) -> tuple[list[str], list[bytes], list[bytes], bytes]:
    """Give texts with a zero after each, numbers as they are in memory, and kinds by their places."""
    texts = (part.paths, part.sources, part.targets, part.contents)
    naturals = (part.modes, part.sizes, part.inodes)
    return (
        ["\0".join([*column, ""]) for column in texts],
        [array.array(_NATURAL, column).tobytes() for column in naturals],
        [array.array(_INTEGER, column).tobytes() for column in (part.mtimes, part.ctimes)],
        bytes(map(_KINDS.index, part.kinds)),
    )


def _part(dumped: bytes) -> Part:
    texts, naturals, integers, kinds = marshal.loads(dumped)  # noqa: S302 -- as above
    paths, sources, targets, contents = (column.split("\0")[:-1] for column in texts)
    modes, sizes, inodes = (array.array(_NATURAL, column) for column in naturals)
    mtimes, ctimes = (array.array(_INTEGER, column) for column in integers)
    told = [_KINDS[kind] for kind in kinds]
    return Part(paths, sources, told, modes, sizes, mtimes, targets, ctimes, inodes, contents)
