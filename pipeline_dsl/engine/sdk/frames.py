"""What a container prints, as the engine sends it: two streams in one, in frames."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests

    from pipeline_dsl.engine.docker import Output

_FRAME = struct.Struct(">BxxxL")
"""Before each piece of output: which stream, and how many bytes."""

_STREAMS = {1: Stream.STDOUT, 2: Stream.STDERR}


def frames(response: requests.Response) -> Iterator[tuple[Stream, bytes]]:
    """Read the pieces of an answer."""
    # A header cut short: the engine is gone, as the caller's next request will find.
    while len(header := response.raw.read(_FRAME.size)) == _FRAME.size:
        kind, size = _FRAME.unpack(header)
        yield _STREAMS.get(kind, Stream.STDERR), response.raw.read(size)


def pass_on(pieces: Iterable[tuple[Stream, bytes]], output: Output) -> None:
    """Put the pieces together, and pass them on line by line."""
    lines = {stream: Lines() for stream in _STREAMS.values()}
    for stream, piece in pieces:
        for line in lines[stream].feed(piece):
            output(stream, line)
    for stream, pending in lines.items():
        for line in pending.rest():
            output(stream, line)
