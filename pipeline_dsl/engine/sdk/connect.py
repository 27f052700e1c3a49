"""The connection to the container engine: where it is, and why it does not answer."""

from __future__ import annotations

import contextlib
import dataclasses
import grp
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import docker
from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.context import ContextAPI
from docker.context.config import get_current_context_name
from docker.errors import ContextNotFound, DockerException
from docker.utils import kwargs_from_env, version_gte

from pipeline_dsl.engine.sdk.client import SdkDocker
from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker.tls import TLSConfig

_DEFAULT = "unix:///var/run/docker.sock"

_CONNECTIONS = 64
"""Connections kept: each stage that runs has up to two at a time."""

_BUILDKIT_API = "1.41"
"""The API of Engine 20.10, the first whose BuildKit we build for."""

_NOT_RUNNING = "Is the engine running? Start it, or name another one in DOCKER_HOST."


@dataclasses.dataclass(frozen=True)
class _Address:
    """Where an engine listens."""

    host: str = _DEFAULT
    tls: TLSConfig | None = None


def connect() -> SdkDocker:
    """Find the engine as the docker command does, and connect to it.

    DOCKER_HOST, with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, comes first; then the context that
    DOCKER_CONTEXT or ``docker context use`` names; then the default socket.

    Raises:
        EngineError: there is none, or it does not answer.
    """
    try:
        address = _address()
    except (DockerException, OSError) as error:
        problem = Problem("engine-unreachable", f"docker's own configuration names no engine: {error}")
        raise EngineError([problem]) from error
    try:
        _knock(address.host)
        told = _ping(address)
        # The SDK itself would ask for the version, which engines take ten times as long to tell.
        api = _client(address, told.get("Api-Version", "auto"))
        return SdkDocker(api, buildkit=_has_buildkit(told, api.api_version))
    except (DockerException, OSError) as error:
        raise EngineError([_unreachable(address.host, error)]) from error


def _address() -> _Address:
    if os.environ.get("DOCKER_HOST"):
        named = kwargs_from_env()
        return _Address(named["base_url"], named.get("tls"))
    name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name()
    context = ContextAPI.get_context(name)
    if context is None:
        raise ContextNotFound(name)
    return _Address(context.Host or _DEFAULT, context.TLSConfig)


def _knock(host: str) -> None:
    """Try the socket: the SDK would leave one open for each attempt that fails."""
    scheme, _, path = host.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as attempt:
            attempt.connect(path)


def _ping(address: _Address) -> Mapping[str, str]:
    """Give the headers by which an engine says what it is."""
    with contextlib.closing(_client(address)) as api:
        return api.get(f"{api.base_url}/_ping", timeout=api.timeout).headers


def _client(address: _Address, version: str = DEFAULT_DOCKER_API_VERSION) -> docker.APIClient:
    return docker.APIClient(
        base_url=address.host,
        version=version,
        tls=address.tls or False,
        use_ssh_client=True,
        max_pool_size=_CONNECTIONS,
    )


def _has_buildkit(told: Mapping[str, str], version: str) -> bool:
    if "Libpod-Api-Version" in told:  # Podman
        return False
    if "Builder-Version" in told:
        return told["Builder-Version"] == "2"
    # Engine 20.10 has BuildKit, but tells only when it is what its configuration prefers.
    return version_gte(version, _BUILDKIT_API) and told.get("Ostype") == "linux"


def _unreachable(host: str, error: BaseException) -> Problem:
    cause = _cause(error)
    match cause:
        case FileNotFoundError():
            reason, hint = "there is no such socket.", _NOT_RUNNING
        case ConnectionRefusedError():
            reason, hint = "nothing listens there.", _NOT_RUNNING
        case PermissionError():
            reason, hint = "you may not use it.", f"Join the group {_group(host)}, then log in anew."
        case _:
            reason, hint = str(cause), _NOT_RUNNING
    return Problem("engine-unreachable", f"no container engine answers at {host}: {reason}", hint=hint)


def _cause(error: BaseException) -> BaseException:
    """Find the operating system's own error below those that the libraries have wrapped around it."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.errno is not None:
            return inner
        inner = inner.__cause__ or inner.__context__
    return error


def _group(host: str) -> str:
    """Name the group that may use the socket; where it cannot be looked at, the usual one."""
    with contextlib.suppress(OSError, KeyError):
        return grp.getgrgid(Path(host.removeprefix("unix://")).stat().st_gid).gr_name
    return "docker"
