"""What building asked of a directory, and the answers: while they are the same, so is what was made of them.

A snapshot holds a *trace* for each request: which directories were listed, which files were looked for, and
the digest of all that was found. Times of directories do not count, nor does the content of files that nobody
read.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.unit import DIGEST_SIZE, FULL, IGNORED, MODE, MODES, RACY, SIGNATURE, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAGIC = b"pipeline-dsl context 1\n"
_LENGTH_SIZE = 8


class Trace(NamedTuple):
    """What was found for a request, and in what.

    Arguments:
        digest: of the manifest.
        units: the directories.
    """

    digest: str
    units: tuple[Unit, ...]


class Snapshot(NamedTuple):
    """The traces of a directory.

    Arguments:
        ignored: digest of the list of patterns by which files were ignored.
        taken: when it was taken, in nanoseconds since 1970.
        traces: by request.
    """

    ignored: str
    taken: int
    traces: dict[str, Trace]

    def units(self) -> dict[Unit, None]:
        """Give all directories, each once."""
        return dict.fromkeys(unit for trace in self.traces.values() for unit in trace.units)

    def dump(self) -> bytes:
        """Write it down."""
        units = self.units()
        numbers = {unit: number for number, unit in enumerate(units)}
        parts = [
            "".join(f"{name}\0" for unit in units for name in unit.names).encode("utf-8", "surrogateescape"),
            b"".join(unit.classes for unit in units),
            b"".join(unit.signatures for unit in units),
            b"".join(unit.digests for unit in units),
            b"".join(unit.modes for unit in units),
        ]
        header = {
            "ignored": self.ignored,
            "taken": self.taken,
            "traces": {
                key: [trace.digest, [numbers[unit] for unit in trace.units]]
                for key, trace in self.traces.items()
            },
            "units": [[unit.place, unit.is_whole, len(unit.names)] for unit in units],
            "sizes": list(map(len, parts)),
        }
        packed = json.dumps(header).encode()
        return b"".join([_MAGIC, len(packed).to_bytes(_LENGTH_SIZE, "big"), packed, *parts])

    @classmethod
    def load(cls, dumped: bytes) -> Snapshot:
        """Read what ``dump`` has written.

        Raises:
            ValueError: it has not, or not all is there.
        """
        start = len(_MAGIC) + _LENGTH_SIZE
        if not dumped.startswith(_MAGIC):
            raise ValueError("not a snapshot")
        end = start + int.from_bytes(dumped[len(_MAGIC) : start], "big")
        try:
            header = json.loads(dumped[start:end])
            units = _units(header["units"], _cut(dumped, end, header["sizes"]))
            traces = {
                str(key): Trace(str(digest), tuple(map(units.__getitem__, numbers)))
                for key, (digest, numbers) in header["traces"].items()
            }
            return cls(str(header["ignored"]), int(header["taken"]), traces)
        except (AttributeError, LookupError, TypeError, RecursionError) as error:
            raise ValueError("not a snapshot") from error


def _cut(dumped: bytes, start: int, sizes: Sequence[int]) -> list[bytes]:
    """Cut the parts apart; they must be all that there is."""
    ends = list(itertools.accumulate(sizes, initial=start))
    if ends[-1] != len(dumped):
        raise ValueError("a snapshot that is not as long as it says")
    return [dumped[one:other] for one, other in itertools.pairwise(ends)]


class _Reader:
    """Takes pieces from the front of a part."""

    def __init__(self, part: bytes) -> None:
        self._part = part
        self._position = 0

    def take(self, size: int) -> bytes:
        """Take so many bytes."""
        start, self._position = self._position, self._position + size
        return self._part[start : self._position]

    def is_at_end(self) -> bool:
        """Say whether exactly all has been taken."""
        return self._position == len(self._part)


def _units(described: Sequence[tuple[str, bool, int]], parts: Sequence[bytes]) -> list[Unit]:
    *names, _ = parts[0].decode("utf-8", "surrogateescape").split("\0")
    readers = [_Reader(part) for part in parts[1:]]
    counted = itertools.accumulate((count for _, _, count in described), initial=0)
    units = [
        _unit(place, names[start : start + count], readers, is_whole=is_whole)
        for start, (place, is_whole, count) in zip(counted, described, strict=False)
    ]
    if sum(len(unit.names) for unit in units) != len(names) or not all(
        reader.is_at_end() for reader in readers
    ):
        raise ValueError("a snapshot whose parts do not fit together")
    return units


def _unit(place: str, names: list[str], readers: Sequence[_Reader], *, is_whole: bool) -> Unit:
    classes, signatures, digests, modes = readers
    kinds = classes.take(len(names))
    if kinds.strip(bytes((IGNORED, MODE, FULL, RACY))):
        raise ValueError("a snapshot with unknown classes")
    read = kinds.count(FULL) + kinds.count(RACY)
    return Unit(
        place,
        is_whole=is_whole,
        names=names,
        classes=kinds,
        signatures=signatures.take(read * SIGNATURE.size),
        digests=digests.take(read * DIGEST_SIZE),
        modes=modes.take(kinds.count(MODE) * MODES.size),
    )
