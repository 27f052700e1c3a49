"""Sending files by fsutil's protocol: all are listed, those that the engine asks for are sent."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from pipeline_dsl.engine.sdk.session.call import UNKNOWN, CallError, framed
from pipeline_dsl.engine.sdk.session.session_pb2 import Packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.engine.sdk.session.source import Source

_PIECE = 128 * 1024
"""Bytes of a file in a packet at most; engines take messages of up to 4 MiB."""

_END_OF_LIST = framed(Packet(type=Packet.STAT).SerializeToString())
_FINISH = framed(Packet(type=Packet.FINISH).SerializeToString())


class Transfer:
    """One transfer of files.

    Arguments:
        source: the files.
        sent: told the size of each piece of a file that is sent.
    """

    def __init__(self, source: Source, sent: Callable[[int], None]) -> None:
        self._source = source
        self._sent = sent
        self._wanted: collections.deque[int] = collections.deque()
        self._finished = False

    def receive(self, message: bytes) -> None:
        """Take a packet of the engine.

        Raises:
            CallError: it gave up.
        """
        packet = Packet.FromString(message)
        match packet.type:
            case Packet.REQUEST:
                self._wanted.append(packet.ID)
            case Packet.FINISH:
                self._finished = True
            case Packet.ERROR:
                raise CallError(UNKNOWN, packet.data.decode(errors="replace"))

    def output(self) -> Iterator[bytes]:
        """List the files, and send those that are asked for; see ``Call.output``."""
        yield from self._source.packets()
        yield _END_OF_LIST
        while self._wanted or not self._finished:
            if self._wanted:
                yield from self._file(self._wanted.popleft())
            else:
                yield b""
        yield _FINISH

    def _file(self, index: int) -> Iterator[bytes]:
        for chunk in self._source.read(index):
            for start in range(0, len(chunk), _PIECE):
                data = chunk[start : start + _PIECE]
                self._sent(len(data))
                yield framed(Packet(type=Packet.DATA, ID=index, data=data).SerializeToString())
        yield framed(Packet(type=Packet.DATA, ID=index).SerializeToString())
