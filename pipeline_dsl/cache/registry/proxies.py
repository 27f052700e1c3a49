"""Proxies: which one, if any, leads to a server."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.repository import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """A server.

    Arguments:
        scheme: ``http`` or ``https``.
        host: its name or its address.
        port: its port.
    """

    scheme: str
    host: str
    port: int


class Proxy(NamedTuple):
    """A proxy that is spoken to by http.

    Arguments:
        host: its name or its address.
        port: its port.
        headers: what it wants to be told, such as its login.
    """

    host: str
    port: int
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Proxy({self.host!r}, {self.port})"


def origin_of(url: str) -> Origin:
    """Give the server of a URL.

    Raises:
        Failure: it is no URL of a server that can be asked.
    """
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname:
            return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
    raise Failure("it names an address that cannot be asked")


def basic(username: str, password: str) -> str:
    """Give the value of a header that logs in."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def proxy_for(origin: Origin, environ: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for a server, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say, in capitals or not.

    Raises:
        Failure: the proxy is none that we can speak to.
    """
    named = _variable(environ, f"{origin.scheme}_proxy")
    if not named or is_loopback(origin.host) or _is_direct(origin, _variable(environ, "no_proxy")):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme != "http":
        raise Failure(f"{origin.scheme.upper()}_PROXY names no proxy of the form http://HOST:PORT")
    headers = {}
    if parts.username:
        headers["Proxy-Authorization"] = basic(unquote(parts.username), unquote(parts.password or ""))
    return Proxy(host, port or _PORTS["http"], headers)


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _is_direct(origin: Origin, exceptions: str) -> bool:
    """Tell whether NO_PROXY names a server: by its name, a domain, an address, or a network."""
    entries = (entry.strip() for entry in exceptions.split(","))
    return any(
        entry == "*" or _is_named(origin, entry) or _is_within(origin.host, entry) for entry in entries
    )


def _is_named(origin: Origin, entry: str) -> bool:
    name = entry.lower().removeprefix("*").removeprefix(".").removesuffix(f":{origin.port}").strip("[]")
    return name != "" and f".{origin.host}".endswith(f".{name}")


def _is_within(host: str, network: str) -> bool:
    """Tell whether a host is an address of a network such as ``10.0.0.0/8``."""
    try:
        return "/" in network and ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
