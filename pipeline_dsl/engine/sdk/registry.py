"""Registries: pushing to them, and asking what they have."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import TYPE_CHECKING

import pydantic
from docker.errors import NotFound

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.sdk import images
from pipeline_dsl.engine.sdk.credentials import headers
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.message import Message, messages
from pipeline_dsl.engine.sdk.refusals import refusal, refusals
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    import docker
    import requests

    from pipeline_dsl.engine.docker import EngineImage, Login, Output

_DULL = ("Preparing", "Waiting")
"""States of a layer that say nothing to somebody who waits for a push."""

_COUNTDOWN = re.compile(r"Retrying in (?!5 )\d+ seconds?")
"""What the engine counts down to each further attempt at a layer; we pass on the last 5 seconds only."""

_TO_DOWNLOAD = "Pulling fs layer"
"""The state of a layer that the engine has not."""


@dataclasses.dataclass(frozen=True)
class _Descriptor:
    """A manifest, as a registry describes it."""

    digest: str


@dataclasses.dataclass(frozen=True)
class _Distribution:
    """What ``GET /distribution/{name}/json`` answers, as far as we read it."""

    Descriptor: _Descriptor


_DISTRIBUTION = pydantic.TypeAdapter(_Distribution)


def push(
    api: docker.APIClient, reference: str, login: Login | None, output: Output, cancel: threading.Event
) -> str:
    """Push an image; see ``Docker.push``."""
    repository, _, tag = reference.rpartition(":")
    send = functools.partial(
        api.post,
        f"{api.base_url}/v{api.api_version}/images/{repository}/push",
        params={"tag": tag},
        headers=headers(api, reference, login),
        stream=True,
        timeout=PATIENCE,
    )
    pushed = ""
    with refusals("push", reference, login), Exchange(send, messages, cancel) as answer:
        for message in answer:
            if message.error:
                raise refusal("push", reference, login, message.error)
            if isinstance(message.aux, dict):
                pushed = str(message.aux.get("Digest", pushed))
            _tell(message, output)
    if pushed:
        return pushed
    raise EngineError(
        [Problem("engine-failed", f"the container engine does not say what {reference} became.")]
    )


def digest(api: docker.APIClient, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
    """Ask a registry for a digest; see ``Docker.digest``."""
    send = functools.partial(
        api.get,
        f"{api.base_url}/v{api.api_version}/distribution/{reference}/json",
        headers=headers(api, reference, login),
        timeout=PATIENCE,
    )
    with refusals("look for", reference, login):
        try:
            with Exchange(send, _descriptors, cancel) as answer:
                return next(iter(answer)).digest
        except NotFound as error:
            if not _is_json(error.response):  # There is no such call: Podman answers so.
                message = "this container engine cannot look into registries, as publishing has to."
                raise EngineError([Problem("engine-failed", message, hint="Use Docker.")]) from error
            return None


def holds(
    api: docker.APIClient, image: EngineImage, reference: str, login: Login | None, cancel: threading.Event
) -> bool:
    """Tell whether an image is the one that a registry has; see ``Docker.holds``.

    A registry knows an image by another digest than the engine, so the engine is asked to pull it. One
    that it has is not downloaded; where a layer would be, it is another one, and the pull is broken off.
    """
    wanted = reference.partition("@")[2]
    if wanted in (image.id, *(known.partition("@")[2] for known in image.digests)):
        return True
    present = set(api.images(quiet=True, all=True))
    send = functools.partial(images.send_pull, api, reference, login)
    try:
        with refusals("look into", reference, login), Exchange(send, messages, cancel) as answer:
            if any(_is_another(message, reference, login) for message in answer):
                return False
        pulled = images.image(api, reference)
        return pulled is not None and pulled.id == image.id
    finally:
        _forget(api, reference, present)


def _is_another(message: Message, reference: str, login: Login | None) -> bool:
    """Tell whether a message of a pull shows that the engine does not have the image."""
    if message.error:
        error = refusal("look into", reference, login, message.error)
        if not isinstance(error, StepError):
            raise error
    return bool(message.error) or message.status == _TO_DOWNLOAD


def _forget(api: docker.APIClient, reference: str, present: set[str]) -> None:
    """Remove what a pull left, but no image that was there before."""
    pulled = images.image(api, reference)
    if pulled and (pulled.tags or pulled.id not in present):
        api.remove_image(reference)


def _tell(message: Message, output: Output) -> None:
    status = message.status
    if status and not message.progress and status not in _DULL and not _COUNTDOWN.fullmatch(status):
        output(Stream.PROGRESS, f"{message.id}: {status}" if message.id else status)


def _is_json(response: requests.Response | None) -> bool:
    return response is not None and response.headers.get("Content-Type", "").startswith("application/json")


def _descriptors(response: requests.Response) -> Iterator[_Descriptor]:
    yield _DISTRIBUTION.validate_json(response.content).Descriptor
