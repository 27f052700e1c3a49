"""Git servers on the loopback interface: git's own programs, each connection served by a new one."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.server
import os
import socketserver
import subprocess
import threading
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def _nothing() -> None:
    pass


@dataclasses.dataclass
class Behaviour:
    """How a server answers; a test changes it.

    Arguments:
        login: ``user:password`` that is asked for; empty for none.
        refusals: status codes with which the next requests are answered.
        meanwhile: called while a request with the right login waits for its answer.
        requests: how many there were.
    """

    login: str = ""
    refusals: list[int] = dataclasses.field(default_factory=list)
    meanwhile: Callable[[], None] = _nothing
    requests: int = 0


@dataclasses.dataclass(frozen=True)
class Server:
    """A server of all repositories below a directory."""

    url: str
    behaviour: Behaviour


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Http(http.server.BaseHTTPRequestHandler):
    root: ClassVar[Path]
    behaviour: ClassVar[Behaviour]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name in the base class
        pass

    def _answer(self) -> None:
        behaviour = self.behaviour
        behaviour.requests += 1
        if behaviour.refusals:
            self.send_error(behaviour.refusals.pop(0))
            return
        expected = "Basic " + base64.b64encode(behaviour.login.encode()).decode()
        if behaviour.login and self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        behaviour.meanwhile()
        self._backend()

    def _backend(self) -> None:
        path, _, query = self.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={**os.environ, **variables},
            capture_output=True,
            check=True,
        )
        headers, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in headers.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def serve_http(root: Path) -> Iterator[Server]:
    """Serve repositories over HTTP."""
    behaviour = Behaviour()
    handler = type("Handler", (_Http,), {"root": root, "behaviour": behaviour})
    with _serving(handler) as port:
        yield Server(f"http://127.0.0.1:{port}", behaviour)


@contextlib.contextmanager
def serve_daemon(root: Path) -> Iterator[str]:
    """Serve repositories over git's own protocol; give the URL."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            command = ["git", "daemon", "--inetd", "--export-all", f"--base-path={root}"]
            subprocess.run(
                command, stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False
            )

    with _serving(Handler) as port:
        yield f"git://127.0.0.1:{port}"


@contextlib.contextmanager
def serve_silence(connected: Callable[[], None], closed: Callable[[], None]) -> Iterator[str]:
    """Take connections and say nothing; tell when one comes and when it is closed."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connected()
            with contextlib.suppress(ConnectionError):
                while self.request.recv(4096):
                    pass
            closed()

    with _serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with _Tcp(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
