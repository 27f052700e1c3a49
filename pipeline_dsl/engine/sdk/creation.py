"""Containers that are created, but not started yet: what they are given."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pydantic
from docker.errors import APIError, ImageNotFound

from pipeline_dsl.engine.sdk.failures import explanation, refused
from pipeline_dsl.engine.sdk.insertion import insert
from pipeline_dsl.engine.sdk.removal import discard
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker

    from pipeline_dsl.engine.docker import RunRequest

_NANO = 10**9
"""Billionths of a processor, in which the engine counts them."""


@dataclasses.dataclass(frozen=True)
class _Created:
    """What the engine answers, as far as we read it."""

    Id: str


_CREATED = pydantic.TypeAdapter(_Created)


def create(api: docker.APIClient, request: RunRequest) -> str:
    """Create a container and give its id.

    Raises:
        StepError: it cannot be created as asked.
    """
    try:
        created = api.create_container(
            request.image,
            name=request.name,
            entrypoint=_list(request.entrypoint),
            command=_list(request.arguments),
            environment=dict(request.environment),
            labels=dict(request.labels),
            host_config=api.create_host_config(
                mem_limit=request.memory or None,
                memswap_limit=request.memory or None,  # or as much again could be swapped out
                nano_cpus=round(request.cpus * _NANO) or None,
                network_mode=request.network or None,
            ),
            networking_config=_networking(request),
        )
    except ImageNotFound as error:
        message = f"the engine has no image {request.image}."
        hint = "Run(image=…) takes the image_id of a stage that has built one."
        problem = Problem("image-not-found", message, hint=hint)
        raise StepError([problem]) from error
    except APIError as error:
        if refused(error):
            reason = _without_values(explanation(error), request.environment)
            raise StepError(
                [Problem("container-not-created", f"cannot create a container: {reason}")]
            ) from None
        raise
    container = _CREATED.validate_python(created).Id
    if request.files:
        try:
            insert(api, container, request.files)
        except BaseException:
            discard(api, container)
            raise
    return container


def _networking(request: RunRequest) -> Mapping[str, object] | None:
    if not request.network:
        return None
    return {"EndpointsConfig": {request.network: {"Aliases": list(request.aliases)}}}


def _without_values(text: str, environment: Mapping[str, str]) -> str:
    """Leave the values out where the engine repeats a variable that it does not like: they may be secret."""
    for name, value in environment.items():
        text = text.replace(f"{name}={value}", f"{name}=…")
    return text


def _list(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else list(words)
