"""Connections to registries and to the servers that they name: TLS, proxies, and what is kept open."""

from __future__ import annotations

import contextlib
import functools
import http.client
import ssl
import threading
import types
from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from pipeline_dsl.cache.registry.answer import Answer
from pipeline_dsl.cache.registry.proxies import origin_of, proxy_for
from pipeline_dsl.cache.registry.request import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.cache.registry.proxies import Origin
    from pipeline_dsl.cache.registry.request import Body, Request

_PATIENCE_TO_CONNECT = 10
"""Seconds for a connection, and then for TLS."""

_BLOCK = 1 << 18
"""Bytes of a file that are sent at a time."""


class _Link(NamedTuple):
    """A connection to a server, used by one thread at a time.

    Arguments:
        wire: the connection.
        prefix: what a request names before the path: the server, where a proxy has to know it.
        headers: what a request says to a proxy.
    """

    wire: http.client.HTTPConnection
    prefix: str = ""
    headers: Mapping[str, str] = types.MappingProxyType({})

    def __repr__(self) -> str:
        return f"_Link({self.wire!r})"


class Connections:
    """All connections of a client; fit for several threads at once.

    Arguments:
        environ: the variables that name proxies.
        authorities: directory of a registry's certificates: authorities in ``*.crt``, ours in ``*.cert`` and
            ``*.key``; it need not be there.
        patience: seconds that a silent server is waited for.
    """

    def __init__(self, environ: Mapping[str, str], authorities: str, patience: float) -> None:
        self._environ = environ
        self._authorities = authorities
        self._patience = patience
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[_Link]] = {}
        self._trust: ssl.SSLContext | None = None

    def exchange(self, request: Request) -> Answer:
        """Make a request; nothing is followed, nothing tried again.

        Raises:
            Failure: no answer came.
        """
        origin = origin_of(request.url)
        try:
            kept = self._take(origin)
            if kept is not None:
                with contextlib.suppress(ConnectionError):  # the server has closed it meanwhile
                    return self._send(kept, origin, request)
            return self._send(self._connect(origin), origin, request)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise failure_of(error) from None

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            links = [link for idle in self._idle.values() for link in idle]
            self._idle.clear()
        for link in links:
            link.wire.close()

    def _take(self, origin: Origin) -> _Link | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def _done(self, link: _Link, origin: Origin, is_reusable: bool) -> None:  # noqa: FBT001 -- so Answer calls it
        if is_reusable:
            with self._lock:
                self._idle.setdefault(origin, []).append(link)
        else:
            link.wire.close()

    def _connect(self, origin: Origin) -> _Link:
        proxy = proxy_for(origin, self._environ)
        at = proxy or origin
        wire: http.client.HTTPConnection
        if origin.scheme == "http":
            wire = http.client.HTTPConnection(at.host, at.port, _PATIENCE_TO_CONNECT, blocksize=_BLOCK)
        else:
            wire = http.client.HTTPSConnection(
                at.host, at.port, timeout=_PATIENCE_TO_CONNECT, context=self._context(), blocksize=_BLOCK
            )
        if proxy and origin.scheme == "https":
            wire.set_tunnel(origin.host, origin.port, dict(proxy.headers))
        try:
            wire.connect()
        except BaseException:
            wire.close()
            raise
        wire.sock.settimeout(self._patience)
        if proxy and origin.scheme == "http":
            return _Link(wire, f"http://{_named(origin)}", proxy.headers)
        return _Link(wire)

    def _send(self, link: _Link, origin: Origin, request: Request) -> Answer:
        parts = urlsplit(request.url)
        target = link.prefix + urlunsplit(("", "", parts.path or "/", parts.query, ""))
        headers = {"User-Agent": "pipeline-dsl", **link.headers, **request.headers}
        try:
            with _opened(request.body) as (body, size):
                if size:
                    headers["Content-Length"] = str(size)
                # A server that does not want all of it may have answered before it hung up.
                with contextlib.suppress(BrokenPipeError):
                    link.wire.request(request.method, target, body, headers)
            response = link.wire.getresponse()
        except BaseException:
            link.wire.close()
            raise
        return Answer(response, functools.partial(self._done, link, origin))

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._trust is None:
                self._trust = _trust(self._authorities)
            return self._trust


def _trust(authorities: str) -> ssl.SSLContext:
    """Trust what the system trusts and what docker would, and show the certificates that docker would."""
    from pathlib import Path  # noqa: PLC0415 -- registries on this machine do without

    context = ssl.create_default_context()
    for path in sorted(Path(authorities).glob("*.crt")):
        context.load_verify_locations(path)
    for path in sorted(Path(authorities).glob("*.cert")):
        context.load_cert_chain(path, path.with_suffix(".key"))
    return context


def _named(origin: Origin) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return f"{host}:{origin.port}"


@contextlib.contextmanager
def _opened(body: Body) -> Iterator[tuple[IO[bytes] | bytes | None, int]]:
    if isinstance(body, bytes):
        yield body or None, len(body)
        return
    with body.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        yield file, size
