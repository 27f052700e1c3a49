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
from pipeline_dsl.engine.sdk.session.services import DOCKERFILE
from pipeline_dsl.engine.sdk.session.session import session
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import docker
    import requests

    from pipeline_dsl.engine.docker import BuildRequest, Output
    from pipeline_dsl.engine.sdk.progress import Progress
    from pipeline_dsl.engine.sdk.session.session import Session

_DOCKERFILE = ".pipeline-dsl/Dockerfile"
"""Where a context that is sent whole holds the Dockerfile: a name that no file of the author's has."""

_LEGACY, _BUILDKIT = "1", "2"
"""Values of the API's parameter ``version``."""


def build(
    api: docker.APIClient, request: BuildRequest, output: Output, cancel: threading.Event
) -> BuildResult:
    """Build an image with BuildKit; see ``Docker.build``."""
    progress = BuildkitProgress(output)
    with session(api, request) as offered:
        if offered is None:
            return _build(_sender(api, request, _BUILDKIT, cancel), progress, cancel)
        try:
            return _build(functools.partial(_refer, api, request, offered), progress, cancel)
        except (StepError, EngineError):
            offered.check()
            raise


def build_without_buildkit(
    api: docker.APIClient, request: BuildRequest, output: Output, cancel: threading.Event
) -> BuildResult:
    """Build an image with Docker's legacy builder, or with Podman; see ``Docker.build``."""
    return _build(_sender(api, request, _LEGACY, cancel), LegacyProgress(output), cancel)


def _build(send: Callable[[], requests.Response], progress: Progress, cancel: threading.Event) -> BuildResult:
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


def _refer(api: docker.APIClient, request: BuildRequest, offered: Session) -> requests.Response:
    """Ask for a build whose context the engine takes from a session."""
    return _send(
        api,
        {
            **_parameters(request),
            "version": _BUILDKIT,
            "dockerfile": DOCKERFILE,
            "remote": "client-session",
            "session": offered.name,
        },
    )


def _sender(
    api: docker.APIClient, request: BuildRequest, builder: str, cancel: threading.Event
) -> Callable[[], requests.Response]:
    """Give what asks for a build by sending the whole context along."""
    parameters = {**_parameters(request), "version": builder, "dockerfile": _DOCKERFILE}
    return lambda: _send(api, parameters, _context(request, cancel))


def _send(
    api: docker.APIClient, parameters: Mapping[str, str | list[str]], context: Iterator[bytes] | None = None
) -> requests.Response:
    return api.post(
        f"{api.base_url}/v{api.api_version}/build",
        params=parameters,
        headers={"Content-Type": "application/x-tar"},
        data=context,
        stream=True,
        timeout=PATIENCE,
    )


def _parameters(request: BuildRequest) -> dict[str, str | list[str]]:
    return {
        "target": request.target,
        "t": list(request.tags),
        "buildargs": json.dumps({**_proxies(), **request.arguments, **_inline_cache(request)}),
        "cachefrom": json.dumps(request.cache_from),
        "labels": json.dumps(dict(request.labels)),
        "nocache": str(int(request.no_cache)),
        "platform": request.platform,
        # The legacy builder would leave the containers of its steps behind, those that failed too.
        "rm": "1",
        "forcerm": "1",
    }


def _inline_cache(request: BuildRequest) -> Mapping[str, str]:
    return {"BUILDKIT_INLINE_CACHE": "1"} if request.inline_cache else {}


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
