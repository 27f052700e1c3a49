"""The few questions that a run with nothing to do has for the engine, without its SDK.

A request is HTTP/1.0, with a connection of its own: the answer ends where the connection ends, so a socket is
all it takes. Importing ``http.client`` takes as long as a hundred such requests.
"""

from __future__ import annotations

import json
import re
import socket
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.configuration import ConfigurationError, read_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = "unix:///var/run/docker.sock"
_PATIENCE = 60
"""Seconds that a silent engine is waited for; a registry may take some of them."""

_FOUND, _ABSENT = 200, 404


class EngineDown(Exception):  # noqa: N818 -- what it says is all there is: the engine's own path finds out why
    """The engine did not answer, or not as it does when all is well: leave it to ``pipeline_dsl.engine``."""


class EngineImageFacts(NamedTuple):
    """An image that the engine has.

    Arguments:
        id: its content-addressed id, ``sha256:…``.
        digests: the repository digests that it was pulled or pushed by, ``name@sha256:…``.
        tags: the references that it has, ``name:tag``.
        platform: what it runs on, such as ``linux/arm64`` or ``linux/arm/v7``.
        created: when it was made, as the engine tells it (RFC 3339); empty where it does not.
    """

    id: str
    digests: tuple[str, ...]
    tags: tuple[str, ...]
    platform: str
    created: str


class Engine(NamedTuple):
    """An engine that listens at a Unix socket; fit for several threads at once.

    Arguments:
        socket: path of the socket.
    """

    socket: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Engine | None:
        """Find the engine as the docker command does.

        Arguments:
            environ: the variables, of which DOCKER_HOST, DOCKER_CONTEXT and DOCKER_CONFIG count.

        Returns:
            The engine; None where it is named by a context or is not at a Unix socket.
        """
        host = environ.get("DOCKER_HOST")
        if not host:
            if environ.get("DOCKER_CONTEXT") or _names_context(environ):
                return None
            host = _DEFAULT
        scheme, _, path = host.partition("://")
        return cls(path) if scheme == "unix" and path.startswith("/") else None

    def image(self, reference: str) -> EngineImageFacts | None:
        """Look an image up.

        Arguments:
            reference: a name with a tag or a digest, or an id.

        Returns:
            What the engine knows of it; None where it does not have it.

        Raises:
            EngineDown: the engine does not answer.
        """
        answer = self._ask(f"/images/{_quoted(reference)}/json")
        return None if answer is None else _facts(answer)

    def platform(self) -> str:
        """Tell what the engine runs on, such as ``linux/amd64``.

        Raises:
            EngineDown: the engine does not answer.
        """
        match self._ask("/version"):
            case {"Os": str(system), "Arch": str(architecture)}:
                return f"{system}/{architecture}"
        raise EngineDown("the engine does not say what it runs on")

    def distribution(self, reference: str, authorization: str) -> str | None:
        """Have the engine ask a registry what a reference stands for.

        Arguments:
            reference: a name with a tag or a digest.
            authorization: value of the header ``X-Registry-Auth``; empty for no login.

        Returns:
            The digest, ``sha256:…``; None where the registry has no such reference.

        Raises:
            EngineDown: the engine does not answer, cannot ask, or the registry gives it no answer.
        """
        headers = {"X-Registry-Auth": authorization or "e30="}  # which is {}: nobody
        match self._ask(f"/distribution/{_quoted(reference)}/json", headers):
            case {"Descriptor": {"digest": str(digest)}}:
                return digest
            case None:
                return None
        raise EngineDown("the engine does not tell the digest")

    def _ask(self, path: str, headers: Mapping[str, str] | None = None) -> object:
        """Give the document at a path; None where the engine has none."""
        status, told = self._get(path, headers or {})
        try:
            answer: object = json.loads(told)
        except ValueError:
            raise EngineDown(f"the engine's answer {status} is not JSON") from None
        if status == _ABSENT:
            return None
        if status != _FOUND:
            raise EngineDown(f"the engine answers {status}")
        return answer

    def _get(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        lines = [f"GET {path} HTTP/1.0", "Host: docker", *(f"{name}: {headers[name]}" for name in headers)]
        try:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.settimeout(_PATIENCE)
                wire.connect(self.socket)
                wire.sendall("\r\n".join([*lines, "", ""]).encode())
                told = b"".join(iter(partial(wire.recv, 65536), b""))
        except OSError as error:
            raise EngineDown(f"no engine answers at {self.socket}: {error.strerror or error}") from error
        head, _, body = told.partition(b"\r\n\r\n")
        status = re.match(rb"HTTP/1\.[01] (\d{3})\b", head)
        if status is None:
            raise EngineDown(f"what answers at {self.socket} is no engine")
        return int(status[1]), body


def _names_context(environ: Mapping[str, str]) -> bool:
    """Tell whether docker's configuration names a context, or may name one."""
    try:
        return bool(read_configuration(environ).get("currentContext"))
    except ConfigurationError:
        return True


def _facts(told: object) -> EngineImageFacts:
    match told:
        case {"Id": str(id_), "Os": str(system), "Architecture": str(architecture), **rest}:
            parts = (system, architecture, _text(rest.get("Variant")))
            return EngineImageFacts(
                id=id_,
                digests=_texts(rest.get("RepoDigests")),
                tags=_texts(rest.get("RepoTags")),
                platform="/".join(filter(None, parts)),
                created=_text(rest.get("Created")),
            )
    raise EngineDown("the engine does not tell what an image is")


def _text(told: object) -> str:
    return told if isinstance(told, str) else ""


def _texts(told: object) -> tuple[str, ...]:
    return tuple(map(str, told)) if isinstance(told, list) else ()


def _quoted(reference: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9._:/@-]+", reference):
        return reference
    from urllib.parse import quote  # noqa: PLC0415 -- references that are well-formed do without

    return quote(reference.encode(errors="surrogateescape"), safe="/:@")
