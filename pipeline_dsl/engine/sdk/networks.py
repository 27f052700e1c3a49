"""Networks on which containers find each other by name."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

import pydantic
from docker.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    import docker


@dataclasses.dataclass(frozen=True)
class _Network:
    """What the engine lists, as far as we read it."""

    Id: str


_NETWORKS = pydantic.TypeAdapter(list[_Network])


def create_network(api: docker.APIClient, name: str, labels: Mapping[str, str]) -> None:
    """Make a network; see ``Docker.create_network``."""
    api.create_network(name, labels=dict(labels), check_duplicate=True)


def remove_network(api: docker.APIClient, network: str) -> None:
    """Remove a network; see ``Docker.remove_network``."""
    with contextlib.suppress(NotFound):
        api.remove_network(network)


def remove_networks(api: docker.APIClient, label: str) -> None:
    """Remove every network with a label; see ``Docker.remove_networks``."""
    for network in _NETWORKS.validate_python(api.networks(filters={"label": label})):
        remove_network(api, network.Id)
