"""How a container is, what it printed, and further commands in it."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError

from pipeline_dsl.engine.docker import ContainerState, Execution
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.frames import frames, pass_on

if TYPE_CHECKING:
    import threading

    import docker
    import requests

_NOT_STARTED = 126
"""The exit code by which a shell, and the engine, say that a command could not be started."""


@dataclasses.dataclass(frozen=True)
class _State:
    Running: bool
    ExitCode: int
    OOMKilled: bool = False


@dataclasses.dataclass(frozen=True)
class _Health:
    Test: list[str] | None = None


@dataclasses.dataclass(frozen=True)
class _Config:
    Healthcheck: _Health | None = None
    Shell: list[str] | None = None


@dataclasses.dataclass(frozen=True)
class _Inspected:
    """What ``GET /containers/{name}/json`` answers, as far as we read it: absent and null mean empty."""

    State: _State
    Config: _Config


@dataclasses.dataclass(frozen=True)
class _Ended:
    """What the engine answers about a further command, as far as we read it."""

    ExitCode: int | None


@dataclasses.dataclass(frozen=True)
class _Created:
    Id: str


_INSPECTED = pydantic.TypeAdapter(_Inspected)
_CREATED = pydantic.TypeAdapter(_Created)
_ENDED = pydantic.TypeAdapter(_Ended)


def state(api: docker.APIClient, name: str) -> ContainerState:
    """Say how a container is; see ``Docker.container``."""
    inspected = _INSPECTED.validate_python(api.inspect_container(name))
    return ContainerState(
        running=inspected.State.Running,
        exit_code=inspected.State.ExitCode,
        out_of_memory=inspected.State.OOMKilled,
        health=_health(inspected.Config),
    )


def _health(config: _Config) -> tuple[str, ...]:
    match (config.Healthcheck and config.Healthcheck.Test) or []:
        case ["CMD", *words]:
            return tuple(words)
        case ["CMD-SHELL", script]:
            return (*(config.Shell or ("/bin/sh", "-c")), script)
        case _:
            return ()


def execute(api: docker.APIClient, name: str, command: tuple[str, ...], cancel: threading.Event) -> Execution:
    """Run a further command in a running container; see ``Docker.execute``."""
    printed: list[str] = []
    try:
        execution = _CREATED.validate_python(api.exec_create(name, list(command))).Id
        with Exchange(functools.partial(_start, api, execution), frames, cancel) as pieces:
            pass_on(pieces, lambda _, line: printed.append(line))
        ended = _ENDED.validate_python(api.exec_inspect(execution))
    except APIError as error:
        if refused(error):
            return Execution(_NOT_STARTED, explanation(error))
        raise
    return Execution(_NOT_STARTED if ended.ExitCode is None else ended.ExitCode, "\n".join(printed))


def _start(api: docker.APIClient, execution: str) -> requests.Response:
    # As for a container's own output, not by the SDK's call: see containers.py.
    return api.post(
        f"{api.base_url}/v{api.api_version}/exec/{execution}/start",
        json={"Detach": False, "Tty": False},
        stream=True,
        timeout=PATIENCE,
    )


def logs(api: docker.APIClient, name: str, tail: int) -> tuple[str, ...]:
    """Give the last lines that a container printed; see ``Docker.logs``."""
    text = api.logs(name, tail=tail).decode(errors="replace")
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")) if text else ()
