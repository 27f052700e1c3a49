"""A request to a server, and the failures of the way there."""

from __future__ import annotations

import http.client
import socket
import ssl
import types
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pipeline_dsl.cache.registry.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Body: TypeAlias = "bytes | Path"
"""What is sent: from memory, or a file that is read while it is sent."""


class Request(NamedTuple):
    """A request.

    Arguments:
        method: its method.
        url: the address.
        headers: what is said beside what HTTP itself asks for.
        body: what is sent.
        is_writing: whether it takes a login that may push.
    """

    method: str
    url: str
    headers: Mapping[str, str] = types.MappingProxyType({})
    body: Body = b""
    is_writing: bool = False

    def __repr__(self) -> str:
        return f"Request({self.method!r})"  # the rest may hold what is secret


_PASSING: tuple[tuple[type[Exception], str, float | None], ...] = (
    (TimeoutError, "no answer in time", None),
    (ConnectionRefusedError, "connection refused", None),
    (socket.gaierror, "its name is not known", None),
    (ConnectionError, "the connection was lost", 0),
    (http.client.IncompleteRead, "the connection was lost", 0),
    (ssl.SSLEOFError, "the connection was lost", 0),
)
"""What may pass, how we say it, and the seconds after which another try is worth it."""


def failure_of(error: Exception) -> Failure:
    """Say in our words why there is no answer: those of the libraries may hold secret parts of addresses."""
    for kind, reason, wait in _PASSING:
        if isinstance(error, kind):
            return Failure(reason, is_passing=True, wait=wait)
    match error:
        case ssl.SSLCertVerificationError():
            return Failure(f"its certificate is not trusted: {error.verify_message}")
        case ssl.SSLError():
            return Failure(f"TLS failed: {(error.reason or 'no reason given').replace('_', ' ').lower()}")
        case OSError() if error.strerror:
            return Failure(error.strerror, is_passing=True)
        case OSError() if str(error).startswith("Tunnel connection failed"):
            return Failure("the proxy does not lead there", is_passing=True)
    return Failure("it does not answer as a registry does")
