"""Containers, from their creation to their removal."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import http
import struct
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError, ImageNotFound, NotFound

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.lines import Lines
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator

    import docker
    import requests

    from pipeline_dsl.engine.docker import Output, RunRequest

_GRACE = 3
"""Seconds that a cancelled container has to end by itself: time to flush a file, little for one who waits."""

_FRAME = struct.Struct(">BxxxL")
"""Before each piece of output: which stream, and how many bytes."""

_STREAMS = {1: Stream.STDOUT, 2: Stream.STDERR}


@dataclasses.dataclass(frozen=True)
class _Container:
    """What the engine answers about a container, as far as we read it."""

    Id: str


@dataclasses.dataclass(frozen=True)
class _End:
    """What the engine answers at a container's end, as far as we read it."""

    StatusCode: int


_CONTAINER = pydantic.TypeAdapter(_Container)
_CONTAINERS = pydantic.TypeAdapter(list[_Container])
_END = pydantic.TypeAdapter(_End)


def run(api: docker.APIClient, request: RunRequest, output: Output, cancel: threading.Event) -> int:
    """Run a container to its end and remove it; see ``Docker.run``."""
    container = _create(api, request)
    try:
        _attend(api, container, output, cancel)
        return _exit_code(api, container, cancel)
    except Cancelled:
        with contextlib.suppress(NotFound):
            api.stop(container, timeout=_GRACE)
        raise
    finally:
        _remove(api, container)


def remove_containers(api: docker.APIClient, label: str) -> None:
    """Remove every container with a label; see ``Docker.remove_containers``."""
    for container in _CONTAINERS.validate_python(api.containers(all=True, filters={"label": label})):
        _remove(api, container.Id)


def _create(api: docker.APIClient, request: RunRequest) -> str:
    try:
        created = api.create_container(
            request.image,
            name=request.name,
            entrypoint=_list(request.entrypoint),
            command=_list(request.arguments),
            environment=dict(request.environment),
            labels=dict(request.labels),
        )
    except ImageNotFound as error:
        message = f"the engine has no image {request.image}."
        hint = "Run(image=…) takes the image_id of a stage that has built one."
        problem = Problem("image-not-found", message, hint=hint)
        raise StepError([problem]) from error
    except APIError as error:
        if refused(error):
            problem = Problem("container-not-created", f"cannot create a container: {explanation(error)}")
            raise StepError([problem]) from error
        raise
    return _CONTAINER.validate_python(created).Id


def _attend(api: docker.APIClient, container: str, output: Output, cancel: threading.Event) -> None:
    """Start a container and pass its output on until it has closed both streams."""
    try:
        # Attached before it starts: not a line is lost.
        with Exchange(functools.partial(_attach, api, container), _frames, cancel) as frames:
            api.start(container)
            _pass_on(frames, output)
    except APIError as error:
        # Docker tries the command when the container starts, Podman when it is attached to.
        if refused(error):
            raise _not_started(error) from error
        raise


def _pass_on(frames: Iterable[tuple[Stream, bytes]], output: Output) -> None:
    lines = {stream: Lines() for stream in _STREAMS.values()}
    for stream, piece in frames:
        for line in lines[stream].feed(piece):
            output(stream, line)
    for stream, pending in lines.items():
        for line in pending.rest():
            output(stream, line)


def _attach(api: docker.APIClient, container: str) -> requests.Response:
    # The SDK's own call asks for an upgrade of the connection, and reads past what TLS has buffered. Without
    # it the output is an ordinary answer, to be read like any other.
    return api.post(
        f"{api.base_url}/v{api.api_version}/containers/{container}/attach",
        params={"stream": "1", "stdout": "1", "stderr": "1"},
        stream=True,
        timeout=PATIENCE,
    )


def _frames(response: requests.Response) -> Iterator[tuple[Stream, bytes]]:
    # A header cut short: the engine is gone, as the wait for the exit code will find.
    while len(header := response.raw.read(_FRAME.size)) == _FRAME.size:
        kind, size = _FRAME.unpack(header)
        yield _STREAMS.get(kind, Stream.STDERR), response.raw.read(size)


def _not_started(error: APIError) -> StepError:
    problem = Problem(
        "container-not-started",
        f"the container's command cannot be started: {explanation(error)}",
        hint="run=[…] replaces the image's entrypoint; give arguments to it as run=Run(arguments=[…]).",
    )
    return StepError([problem])


def _exit_code(api: docker.APIClient, container: str, cancel: threading.Event) -> int:
    """Wait for the end: a program may close its output and go on."""
    with Exchange(functools.partial(_wait, api, container), _codes, cancel) as codes:
        (code,) = codes
    return code


def _wait(api: docker.APIClient, container: str) -> requests.Response:
    url = f"{api.base_url}/v{api.api_version}/containers/{container}/wait"
    return api.post(url, stream=True, timeout=PATIENCE)


def _codes(response: requests.Response) -> Iterator[int]:
    yield _END.validate_json(response.content).StatusCode


def _remove(api: docker.APIClient, container: str) -> None:
    try:
        api.remove_container(container, v=True, force=True)
    except APIError as error:
        # Someone else has removed it, or is about to.
        if error.status_code not in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT}:
            raise


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)
