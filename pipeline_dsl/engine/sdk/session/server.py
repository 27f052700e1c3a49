"""The server of a session: gRPC over HTTP/2, on a connection of which the engine is the client."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, RequestReceived, StreamReset
from h2.settings import SettingCodes

from pipeline_dsl.engine.sdk.session.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from h2.events import Event

    from pipeline_dsl.engine.sdk.session.call import Call
    from pipeline_dsl.engine.sdk.session.link import Link
    from pipeline_dsl.errors import PipelineError

_BURST = 64 * 1024
"""Bytes to send at most before looking at what has arrived."""

_ROOM = 16 * 1024 * 1024
"""Bytes that may arrive before we have dealt with those before them."""

_HEADERS = 1024 * 1024
"""Bytes of a call's headers: they name every path that the Dockerfile copies."""


class Server:
    """Answers calls, several at the same time, in the thread that calls ``serve``.

    Arguments:
        link: the connection.
        answer: finds what answers a call, by the call's headers.
        failed: told why a call failed, where that is our fault.
    """

    def __init__(
        self,
        link: Link,
        answer: Callable[[list[tuple[str, str]]], Call],
        failed: Callable[[PipelineError], None],
    ) -> None:
        self._link = link
        self._answer = answer
        self._failed = failed
        self._streams: dict[int, Stream] = {}
        self._http = H2Connection(
            H2Configuration(client_side=False, header_encoding="latin-1", validate_inbound_headers=False)
        )

    def serve(self) -> None:
        """Answer calls until the connection ends.

        Raises:
            OSError: it broke, or was shut down.
            h2.exceptions.H2Error: the engine speaks something else.
        """
        self._http.initiate_connection()
        self._http.update_settings(
            {SettingCodes.INITIAL_WINDOW_SIZE: _ROOM, SettingCodes.MAX_HEADER_LIST_SIZE: _HEADERS}
        )
        self._http.increment_flow_control_window(_ROOM)
        self._flush()
        while data := self._link.receive():
            if not self._take(self._http.receive_data(data)):
                return
            while self._send() and not self._link.has_data:
                pass

    def _take(self, events: list[Event]) -> bool:
        """Deal with what has arrived; tell whether more can."""
        for event in events:
            match event:
                case RequestReceived(stream_id=number, headers=headers) if number and headers:
                    told = [(str(name), str(value)) for name, value in headers]
                    self._streams[number] = Stream(self._answer(told))
                case DataReceived(stream_id=number, data=data, flow_controlled_length=size):
                    self._http.acknowledge_received_data(size, number)
                    if number in self._streams:
                        self._streams[number].feed(data)
                case StreamReset(stream_id=number):
                    self._streams.pop(number, None)
                case ConnectionTerminated():
                    return False
        self._flush()
        return True

    def _send(self) -> bool:
        """Send some of what there is to be sent; tell whether there was any."""
        sent = [self._send_of(number, stream) for number, stream in list(self._streams.items())]
        self._flush()
        return any(sent)

    def _send_of(self, number: int, stream: Stream) -> bool:
        if stream.is_new:
            # Not before all that has arrived is dealt with: the caller may have given up since.
            self._http.send_headers(number, [(":status", "200"), ("content-type", "application/grpc")])
            stream.is_new = False
        room = min(self._http.local_flow_control_window(number), _BURST)
        data = stream.take(room) if room > 0 else b""
        size = self._http.max_outbound_frame_size
        for start in range(0, len(data), size):
            self._http.send_data(number, data[start : start + size])
        if stream.is_over:
            self._end(number, stream)
        return bool(data)

    def _end(self, number: int, stream: Stream) -> None:
        del self._streams[number]
        if stream.failure is not None:
            self._failed(stream.failure)
        message = urllib.parse.quote(stream.message, safe=" ")
        trailers = [("grpc-status", str(stream.code)), ("grpc-message", message)]
        self._http.send_headers(number, trailers, end_stream=True)

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._link.send(data)
