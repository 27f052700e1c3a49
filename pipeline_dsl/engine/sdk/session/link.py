"""The connection of a session: one to the engine that was taken over from HTTP."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping

    import docker
    import requests

_SWITCHED = 101
"""HTTP's status of a connection that is not HTTP's any more."""

_PIECE = 256 * 1024
"""Bytes to read at most at a time."""


class Link:
    """A connection on which both sides may speak at any time.

    Arguments:
        connection: the socket.
        early: what was read from it already.
    """

    def __init__(self, connection: socket.socket, early: bytes) -> None:
        self._socket = connection
        self._socket.settimeout(None)
        self._early = early

    def receive(self) -> bytes:
        """Wait for data, and give it; nothing at the end.

        Raises:
            OSError: the connection broke, or was shut down.
        """
        early, self._early = self._early, b""
        return early or self._socket.recv(_PIECE)

    def send(self, data: bytes) -> None:
        """Send data.

        Raises:
            OSError: the connection broke, or was shut down.
        """
        self._socket.sendall(data)

    @property
    def has_data(self) -> bool:
        """Whether ``receive`` would not have to wait."""
        if self._early or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def shut_down(self) -> None:
        """End the connection, for a thread that waits for it, too."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def opened(api: docker.APIClient, headers: Mapping[str, str]) -> Iterator[Link | None]:
    """Ask the engine for a session.

    Arguments:
        api: the engine's client.
        headers: what it is told of the session.

    Returns:
        The connection; None from an engine that refuses, or that is too far away to hand its socket over.
    """
    if api.base_url.startswith("http+docker://ssh"):
        yield None
        return
    url = f"{api.base_url}/v{api.api_version}/session"
    switch = {"Connection": "Upgrade", "Upgrade": "h2c"}
    with api.post(url, headers={**headers, **switch}, stream=True, timeout=api.timeout) as response:
        if response.status_code != _SWITCHED:
            yield None
            return
        link = Link(*_taken_over(response))
        try:
            yield link
        finally:
            link.shut_down()


def _taken_over(response: requests.Response) -> tuple[socket.socket, bytes]:
    """Give the socket that an answer came from, and what was read of it after the answer.

    It has no public name, neither in the SDK, which takes it in the same way, nor in what that is made of.
    """
    stream = cast("io.BufferedReader", response.raw._fp.fp)  # type: ignore[union-attr] # noqa: SLF001
    connection = cast("socket.socket", stream.raw._sock)  # type: ignore[attr-defined] # noqa: SLF001
    connection.settimeout(0)  # Nothing is waited for here.
    try:
        return connection, stream.peek()
    except ssl.SSLWantReadError:
        return connection, b""
