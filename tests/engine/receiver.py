"""A real HTTP server on the loopback interface, which keeps what it gets and answers as it is told."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a server is to answer.

    Arguments:
        status: the code; 0 closes the connection instead.
        headers: the headers.
        text: the text.
    """

    status: int = 200
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    text: str = ""


@dataclasses.dataclass(frozen=True)
class ReceivedCall:
    """What a server was asked.

    Arguments:
        method: the method.
        path: the path, with its query.
        headers: the headers, by name in lower case.
        body: what was sent.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver(ThreadingHTTPServer):
    """Answers with ``replies``, the last of which stays; not before ``may_answer`` is set."""

    daemon_threads = True

    def __init__(self, *replies: Reply, is_active: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Handler, bind_and_activate=False)
        self.replies = list(replies) or [Reply()]
        self.calls: list[ReceivedCall] = []
        self.called = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.scheme = "http"
        self.server_bind()
        if is_active:
            self.server_activate()

    @property
    def url(self) -> str:
        """Where it is; no slash at the end."""
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def answer(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server.calls.append(ReceivedCall(self.command, self.path, headers, body))
        server.called.set()
        server.may_answer.wait(timeout=30)
        reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        if not reply.status:
            return
        with contextlib.suppress(BrokenPipeError):  # nobody waits any more
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.text.encode())

    do_GET = do_POST = do_PUT = answer  # noqa: N815 -- the names that the base calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name of the base
        pass


@contextlib.contextmanager
def receiver(
    *replies: Reply, tls: ssl.SSLContext | None = None, is_active: bool = True
) -> Iterator[Receiver]:
    """Run an HTTP server in a thread of its own.

    Arguments:
        replies: what it answers, call by call; 200 if there are none.
        tls: speaks TLS with this certificate.
        is_active: whether it takes connections from the start.
    """
    with Receiver(*replies, is_active=is_active) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            server.scheme = "https"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        if is_active:
            thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            if is_active:
                server.shutdown()
                thread.join()
