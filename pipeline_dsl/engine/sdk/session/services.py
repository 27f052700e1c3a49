"""What an engine can ask for in a session, by the paths of gRPC."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pipeline_dsl.engine.sdk.session import logins
from pipeline_dsl.engine.sdk.session.call import NOT_FOUND, UNIMPLEMENTED, CallError, Refusal, Unary
from pipeline_dsl.engine.sdk.session.session_pb2 import HealthCheckResponse
from pipeline_dsl.engine.sdk.session.source import Generated
from pipeline_dsl.engine.sdk.session.transfer import Transfer

if TYPE_CHECKING:
    import docker

    from pipeline_dsl.engine.sdk.session.call import Call
    from pipeline_dsl.engine.sdk.session.source import Context, Source

TRANSFER = "/moby.filesync.v1.FileSync/DiffCopy"
"""The only one that the engine has to know of before it asks."""

DOCKERFILE = "Dockerfile"

_CREDENTIALS = "/moby.filesync.v1.Auth/Credentials"
_HEALTH = "/grpc.health.v1.Health/Check"
_HEALTHY = HealthCheckResponse(status=HealthCheckResponse.SERVING).SerializeToString()

_IGNORE = ".dockerignore"
_NOTHING_IGNORED = b"# The context has nothing in it but what is copied.\n"
"""Spares the engine to ask the context for such a file, and keeps that from being heeded: we have done so."""


class Services:
    """Answers what a build asks for.

    Arguments:
        api: the engine's client.
        dockerfile: text of the Dockerfile.
        context: the files that it copies.
    """

    def __init__(self, api: docker.APIClient, dockerfile: str, context: Context) -> None:
        self._api = api
        self._dockerfile = Generated(
            {DOCKERFILE: dockerfile.encode(), DOCKERFILE + _IGNORE: _NOTHING_IGNORED}
        )
        self._context = context
        self.sent = 0
        """Bytes of files of the context that the engine asked for."""

    def answer(self, headers: list[tuple[str, str]]) -> Call:
        """Find what answers a call."""
        path = dict(headers).get(":path", "")
        if path == TRANSFER:
            return self._transfer(headers)
        if path == _CREDENTIALS:
            return Unary(functools.partial(logins.answer, self._api))
        if path == _HEALTH:
            return Unary(lambda _: _HEALTHY)
        return Refusal(CallError(UNIMPLEMENTED, f"nothing answers {path}"))

    def _transfer(self, headers: list[tuple[str, str]]) -> Call:
        """Send one of the two directories that there are.

        Patterns of what to take and what to leave out are not looked at: the engine takes what it is given,
        and that is what its Dockerfile needs.
        """
        match dict(headers).get("dir-name"):
            case "dockerfile":
                return Transfer(self._dockerfile, lambda _: None)
            case "context":
                return Transfer(self._asked(headers), self._count)
            case name:
                return Refusal(CallError(NOT_FOUND, f"there is no directory {name}"))

    def _asked(self, headers: list[tuple[str, str]]) -> Source:
        """Give the context, unless it is only asked whether it has a certain file."""
        paths = [value for name, value in headers if name == "followpaths"]
        return self._context.only(_IGNORE) if paths == [_IGNORE] else self._context

    def _count(self, size: int) -> None:
        self.sent += size
