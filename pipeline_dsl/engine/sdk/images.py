"""Images: those that the engine has, what they are called, and those that it pulls."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError, NotFound
from docker.utils import parse_repository_tag

from pipeline_dsl.engine.docker import EngineImage
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.sdk.credentials import headers
from pipeline_dsl.engine.sdk.exchange import PATIENCE, Exchange
from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.message import Message, messages
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    import docker
    import requests

    from pipeline_dsl.engine.docker import Login, Output

_REFUSED = re.compile(r"no basic auth credentials|unauthorized|denied|manifest unknown")
"""Answers of a registry, which some engines hand on as failures of their own."""

_EMPTY = bytes(1024)
"""A tar file that holds nothing."""


@dataclasses.dataclass(frozen=True)
class _Config:
    """The config of an image, as the engine tells it: absent and null mean empty."""

    Env: list[str] | None = None
    Labels: dict[str, str] | None = None
    OnBuild: list[str] | None = None


@dataclasses.dataclass(frozen=True)
class _Inspected:
    """What ``GET /images/{name}/json`` answers, as far as we read it."""

    Id: str
    Os: str
    Architecture: str
    RepoDigests: list[str] | None = None
    RepoTags: list[str] | None = None
    Config: _Config | None = None
    Variant: str = ""


_INSPECTED = pydantic.TypeAdapter(_Inspected)


def image(api: docker.APIClient, reference: str) -> EngineImage | None:
    """Look an image up in the engine; see ``Docker.image``."""
    try:
        told = api.inspect_image(reference)  # type: ignore[no-untyped-call]  # types-docker leaves it bare
    except NotFound:
        return None
    inspected = _INSPECTED.validate_python(told)
    config = inspected.Config or _Config()
    return EngineImage(
        id=inspected.Id,
        digests=tuple(inspected.RepoDigests or ()),
        environment=_variables(config.Env or []),
        labels=config.Labels or {},
        triggers=tuple(config.OnBuild or ()),
        platform="/".join(filter(None, (inspected.Os, inspected.Architecture, inspected.Variant))),
        tags=tuple(inspected.RepoTags or ()),
    )


def pull(
    api: docker.APIClient,
    reference: str,
    send: Callable[[], requests.Response],
    output: Output,
    cancel: threading.Event,
) -> EngineImage:
    """Pull an image; see ``Docker.pull``. ``send`` asks the engine to."""
    try:
        with Exchange(send, messages, cancel) as answer:
            _follow(reference, answer, output)
    except APIError as error:
        if refused(error) or _REFUSED.search(explanation(error)):
            raise _not_pulled(reference, explanation(error)) from error
        message = f"cannot pull {reference}: {explanation(error)}"
        hint = "Is the name of its registry right, and can the engine reach it?"
        raise EngineError([Problem("registry-unreachable", message, hint=hint)]) from error
    pulled = image(api, reference)
    if pulled is None:
        raise EngineError([Problem("engine-failed", f"the container engine pulled {reference} but lost it.")])
    return pulled


def send_pull(
    api: docker.APIClient, reference: str, login: Login | None, platform: str = ""
) -> requests.Response:
    """Ask the engine to pull an image, with a login or as docker's own configuration says."""
    repository, tag = parse_repository_tag(reference)
    return api.post(
        f"{api.base_url}/v{api.api_version}/images/create",
        params={"fromImage": repository, "tag": tag or "latest", "platform": platform},
        headers=headers(api, reference, login),
        stream=True,
        timeout=PATIENCE,
    )


def tag(api: docker.APIClient, image_id: str, reference: str) -> None:
    """Give an image a reference; see ``Docker.tag``."""
    repository, _, name = reference.rpartition(":")
    api.tag(image_id, repository, name, force=True)


def untag(api: docker.APIClient, reference: str) -> None:
    """Take a reference back; see ``Docker.untag``.

    An engine that is told to remove an image's last reference removes the image, too. So that one is first
    moved to an empty image, which is then removed.
    """
    found = image(api, reference)
    if found is None:
        return
    if len(found.tags) == 1:
        repository, _, name = reference.rpartition(":")
        api.import_image_from_data(_EMPTY, repository, name)
    api.remove_image(reference)


def _follow(reference: str, answer: Iterable[Message], output: Output) -> None:
    for message in answer:
        if message.error:
            raise _not_pulled(reference, message.error)
        if message.status and not message.progress:
            output(Stream.PROGRESS, f"{message.id}: {message.status}" if message.id else message.status)


def _not_pulled(reference: str, reason: str) -> StepError:
    hint = 'Look at the name; if the registry asks for a login, use "docker login".'
    return StepError([Problem("image-not-pulled", f"cannot pull {reference}: {reason}", hint=hint)])


def _variables(environment: Iterable[str]) -> dict[str, str]:
    return {name: value for name, _, value in (variable.partition("=") for variable in environment)}
