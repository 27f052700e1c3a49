"""Removing containers, by name and by label, and images by their repository."""

from __future__ import annotations

import contextlib
import dataclasses
import http
from typing import TYPE_CHECKING

import pydantic
import requests
from docker.errors import APIError, DockerException, NotFound

if TYPE_CHECKING:
    import docker


@dataclasses.dataclass(frozen=True)
class _Listed:
    """What the engine lists, as far as we read it."""

    Id: str


@dataclasses.dataclass(frozen=True)
class _Image:
    """What the engine lists of an image, as far as we read it."""

    Id: str
    RepoTags: list[str] | None = None


_IMAGES = pydantic.TypeAdapter(list[_Image])
_LIST = pydantic.TypeAdapter(list[_Listed])


def remove_container(api: docker.APIClient, container: str) -> None:
    """Remove a container; see ``Docker.remove_container``."""
    try:
        api.remove_container(container, v=True, force=True)
    except APIError as error:
        # Someone else has removed it, or is about to.
        if error.status_code not in {http.HTTPStatus.NOT_FOUND, http.HTTPStatus.CONFLICT}:
            raise


def discard(api: docker.APIClient, container: str) -> None:
    """Remove a container if that can be done: how it ended is what counts, and the run cleans up later."""
    with contextlib.suppress(DockerException, requests.RequestException):
        remove_container(api, container)


def remove_containers(api: docker.APIClient, label: str) -> None:
    """Remove every container with a label; see ``Docker.remove_containers``."""
    for listed in _LIST.validate_python(api.containers(all=True, filters={"label": label})):
        remove_container(api, listed.Id)


def remove_images(api: docker.APIClient, repository: str) -> None:
    """Remove every image of a repository; see ``Docker.remove_images``."""
    for tag in references(api, repository):
        remove_reference(api, f"{repository}:{tag}")


def references(api: docker.APIClient, repository: str) -> dict[str, str]:
    """List the images of a repository; see ``Docker.references``."""
    beginning = f"{repository}:"
    return {
        reference.removeprefix(beginning): listed.Id
        for listed in _IMAGES.validate_python(api.images(name=repository))
        for reference in listed.RepoTags or ()
        if reference.startswith(beginning)
    }


def remove_reference(api: docker.APIClient, reference: str) -> None:
    """Take a reference back; see ``Docker.remove_reference``."""
    with contextlib.suppress(NotFound):
        api.remove_image(reference)
