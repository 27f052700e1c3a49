"""A signed repository of Debian packages, served by a container to those beside it."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING

import pydantic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.sdk.client import SdkDocker

_PATIENCE = 30
"""Seconds after which a container will not serve any more."""


@dataclasses.dataclass(frozen=True)
class Repository:
    """A repository that has the package ``greeting`` in the component ``main`` of the distribution ``calm``.

    Arguments:
        url: where it is, for containers on the engine's own network.
        key: what it is signed with, as armoured text.
    """

    url: str
    key: str


@dataclasses.dataclass(frozen=True)
class _Address:
    IPAddress: str


@dataclasses.dataclass(frozen=True)
class _Networks:
    Networks: dict[str, _Address]


@dataclasses.dataclass(frozen=True)
class _Container:
    NetworkSettings: _Networks


_CONTAINER = pydantic.TypeAdapter(_Container)
_CREATED = pydantic.TypeAdapter(dict[str, object])


@contextlib.contextmanager
def serve(docker: SdkDocker, image: str) -> Iterator[str]:
    """Run an image that serves port 80; give its URL, and remove the container at the end."""
    container = str(_CREATED.validate_python(docker.api.create_container(image))["Id"])
    try:
        docker.api.start(container)
        _wait(docker, container)
        inspected: object = docker.api.inspect_container(container)
        networks = _CONTAINER.validate_python(inspected).NetworkSettings.Networks
        yield f"http://{next(iter(networks.values())).IPAddress}"
    finally:
        docker.api.remove_container(container, force=True)


def _wait(docker: SdkDocker, container: str) -> None:
    """Wait until it says that it serves."""
    end = time.monotonic() + _PATIENCE
    while b"Serving" not in docker.api.logs(container):
        assert time.monotonic() < end, docker.api.logs(container)
        time.sleep(0.05)
