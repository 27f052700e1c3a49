"""Containers that are run to their end."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import requests
from docker.errors import APIError, DockerException

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.sdk.creation import create
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.frames import frames, pass_on
from pipeline_dsl.engine.sdk.removal import discard
from pipeline_dsl.engine.sdk.state import state
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading

    import docker

    from pipeline_dsl.engine.docker import ContainerState, Output, RunRequest

_GRACE = 3
"""Seconds that a cancelled container has to end by itself: time to flush a file, little for one who waits."""


def run(api: docker.APIClient, request: RunRequest, output: Output, cancel: threading.Event) -> int:
    """Run a container to its end; see ``Docker.run``."""
    container = create(api, request)
    stays = False
    try:
        _attend(api, container, output, cancel)
        ended = _ended(api, container)
        if request.memory and ended.out_of_memory and ended.exit_code:
            message = f"A program needed more than the {request.memory} bytes of memory it may use."
            output(Stream.PROGRESS, message)
        stays = request.keep
    except Cancelled:
        stays = _stop(api, container) and request.keep
        raise
    finally:
        if not stays:
            discard(api, container)
    return ended.exit_code


def _stop(api: docker.APIClient, container: str) -> bool:
    """Ask a container to end, and end it if it does not; tell whether that went well."""
    try:
        api.stop(container, timeout=_GRACE)
    except (DockerException, requests.RequestException):
        return False
    return True


def _ended(api: docker.APIClient, container: str) -> ContainerState:
    """Say how a container ended whose output has ended.

    The engine closes the output when the program has ended, even if that has closed it before. So where the
    program still runs, only the connection has ended: it may have printed more.
    """
    ended = state(api, container)
    if ended.running:
        message = "lost the connection to the container engine in the midst of a container's output."
        raise EngineError([Problem("engine-lost", message)])
    return ended


def start(api: docker.APIClient, request: RunRequest) -> None:
    """Start a container and leave it alone; see ``Docker.start``."""
    container = create(api, request)
    try:
        api.start(container)
    except BaseException as error:
        discard(api, container)
        if isinstance(error, APIError) and refused(error):
            raise _not_started(error) from error
        raise


def _attend(api: docker.APIClient, container: str, output: Output, cancel: threading.Event) -> None:
    """Start a container and pass its output on until it has closed both streams."""
    try:
        # Attached before it starts: not a line is lost.
        with Exchange(functools.partial(_attach, api, container), frames, cancel) as pieces:
            api.start(container)
            pass_on(pieces, output)
    except APIError as error:
        # Docker tries the command when the container starts, Podman when it is attached to.
        if refused(error):
            raise _not_started(error) from error
        raise


def _attach(api: docker.APIClient, container: str) -> requests.Response:
    # The SDK's own call asks for an upgrade of the connection, and reads past what TLS has buffered. Without
    # it the output is an ordinary answer, to be read like any other.
    return api.post(
        f"{api.base_url}/v{api.api_version}/containers/{container}/attach",
        params={"stream": "1", "stdout": "1", "stderr": "1"},
        stream=True,
        timeout=PATIENCE,
    )


def _not_started(error: APIError) -> StepError:
    problem = Problem(
        "container-not-started",
        f"the container's command cannot be started: {explanation(error)}",
        hint="run=[…] replaces the image's entrypoint; give arguments to it as run=Run(arguments=[…]).",
    )
    return StepError([problem])
