"""A way to a registry at which a test can do something once a number of bytes have gone through."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE = 65536


class Gate:
    """Forwards connections to a port.

    Arguments:
        port: where to.
        opens: how many bytes may go there; then ``act`` is called, once, and the connections are cut.
        act: does what the test is about.
    """

    def __init__(self, port: int, opens: int, act: Callable[[], None]) -> None:
        self._port = port
        self._left = opens
        self._act = act
        self._acted = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        threading.Thread(target=self._serve, daemon=True).start()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self._port)) as far:
            back = threading.Thread(target=self._pour, args=(far, near), daemon=True)
            back.start()
            while piece := near.recv(_PIECE):
                self._count(len(piece))
                far.sendall(piece)
            far.shutdown(socket.SHUT_WR)
            back.join()

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0 and not self._acted.is_set():
            self._acted.set()
            self._act()
            raise ConnectionAbortedError

    @staticmethod
    def _pour(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
