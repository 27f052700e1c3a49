"""Building an image."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from docker.errors import APIError
from docker.utils.config import load_general_config
from docker.utils.proxy import ProxyConfig

from pipeline_dsl.engine.docker import BuildResult, Cancelled
from pipeline_dsl.engine.sdk.buildkit import BuildkitProgress
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.legacy import LegacyProgress
from pipeline_dsl.engine.sdk.message import Message, messages
from pipeline_dsl.engine.sdk.progress import refused_build
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping

    import docker
    import requests

    from pipeline_dsl.engine.docker import BuildRequest, Output
    from pipeline_dsl.engine.sdk.progress import Progress

_DOCKERFILE = ".pipeline-dsl/Dockerfile"
"""Where the context holds the Dockerfile: a name that no file of the author's has."""

_LEGACY, _BUILDKIT = "1", "2"
"""Values of the API's parameter ``version``."""


def build(
    api: docker.APIClient, request: BuildRequest, output: Output, cancel: threading.Event
) -> BuildResult:
    """Build an image with BuildKit; see ``Docker.build``."""
    return _build(api, request, _BUILDKIT, BuildkitProgress(output), cancel)


def build_without_buildkit(
    api: docker.APIClient, request: BuildRequest, output: Output, cancel: threading.Event
) -> BuildResult:
    """Build an image with Docker's legacy builder, or with Podman; see ``Docker.build``."""
    return _build(api, request, _LEGACY, LegacyProgress(output), cancel)


def _build(
    api: docker.APIClient, request: BuildRequest, builder: str, progress: Progress, cancel: threading.Event
) -> BuildResult:
    send = functools.partial(_send, api, request, builder, cancel)
    try:
        with Exchange(send, messages, cancel) as answer:
            image = _follow(answer, progress)
    except APIError as error:
        if refused(error):
            raise StepError([refused_build(explanation(error))]) from error
        raise
    return BuildResult(image, progress.steps, progress.executed)


def _follow(answer: Iterable[Message], progress: Progress) -> str:
    image = ""
    for message in answer:
        if message.error:
            raise StepError([progress.failure(message.error)])
        progress.take(message)
        image = message.image or image
    if not image:
        raise EngineError(
            [Problem("engine-failed", "the container engine ended the build without an image.")]
        )
    return image


def _send(
    api: docker.APIClient, request: BuildRequest, builder: str, cancel: threading.Event
) -> requests.Response:
    return api.post(
        f"{api.base_url}/v{api.api_version}/build",
        params=_parameters(request, builder),
        headers={"Content-Type": "application/x-tar"},
        data=_context(request, cancel),
        stream=True,
        timeout=PATIENCE,
    )


def _parameters(request: BuildRequest, builder: str) -> dict[str, str | list[str]]:
    return {
        "version": builder,
        "dockerfile": _DOCKERFILE,
        "target": request.target,
        "t": list(request.tags),
        "buildargs": json.dumps({**_proxies(), **request.arguments}),
        "labels": json.dumps(dict(request.labels)),
        "nocache": str(int(request.no_cache)),
        "platform": request.platform,
        # The legacy builder would leave the containers of its steps behind, those that failed too.
        "rm": "1",
        "forcerm": "1",
    }


def _proxies() -> Mapping[str, object]:
    """Give the build arguments that ``docker build`` takes from docker's own configuration."""
    proxies = load_general_config().get("proxies", {}).get("default", {})
    return ProxyConfig.from_dict(proxies).get_environment()


def _context(request: BuildRequest, cancel: threading.Event) -> Iterator[bytes]:
    try:
        for chunk in request.context({_DOCKERFILE: request.dockerfile.encode()}):
            if cancel.is_set():
                raise Cancelled
            yield chunk
    except OSError as error:
        # The transport would take it for trouble of its own, and blame the connection.
        problem = Problem("context-unreadable", f"cannot read {error.filename}: {error.strerror}.")
        raise StepError([problem]) from error
