"""The port to the container engine, as the docker SDK fulfils it."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import pydantic

from pipeline_dsl.engine.docker import EngineVersion
from pipeline_dsl.engine.sdk import build, images, networks, removal
from pipeline_dsl.engine.sdk.failures import engine_failures

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator, Mapping

    import docker

    from pipeline_dsl.engine.docker import (
        BuildRequest,
        BuildResult,
        ContainerState,
        EngineImage,
        Execution,
        Login,
        Output,
        RunRequest,
    )


# What is about containers and registries is loaded with the first one: an image may have been built by then.
# ruff: noqa: PLC0415


@dataclasses.dataclass(frozen=True)
class _Version:
    """What ``GET /version`` answers, as far as we read it."""

    Version: str
    Os: str
    Arch: str


@dataclasses.dataclass(frozen=True)
class _Info:
    """What ``GET /info`` answers, as far as we read it."""

    ID: str
    Name: str
    DockerRootDir: str
    BuildahVersion: str = ""


_VERSION = pydantic.TypeAdapter(_Version)
_INFO = pydantic.TypeAdapter(_Info)


@dataclasses.dataclass(frozen=True)
class SdkDocker:
    """A container engine that the docker SDK talks to; fit for several threads at the same time.

    Arguments:
        api: the SDK's client.
        buildkit: build with BuildKit; else with the legacy builder.
    """

    api: docker.APIClient
    buildkit: bool

    @engine_failures()
    def version(self) -> EngineVersion:
        """Say what answers at the other end."""
        told = self._version
        return EngineVersion(told.Version, self.buildkit, f"{told.Os}/{told.Arch}")

    @engine_failures()
    def image(self, reference: str) -> EngineImage | None:
        """Look an image up in the engine; None when it is not there. ``reference`` may be an id."""
        return images.image(self.api, reference)

    @engine_failures()
    def pull(
        self,
        reference: str,
        output: Output,
        cancel: threading.Event,
        *,
        platform: str = "",
        login: Login | None = None,
    ) -> EngineImage:
        """Pull an image; see ``Docker.pull``."""
        send = functools.partial(images.send_pull, self.api, reference, login, platform)
        return images.pull(self.api, reference, send, output, cancel)

    @engine_failures()
    def tag(self, image: str, reference: str) -> None:
        """Give an image a reference; see ``Docker.tag``."""
        images.tag(self.api, image, reference)

    @engine_failures()
    def untag(self, reference: str) -> None:
        """Take a reference back; see ``Docker.untag``."""
        images.untag(self.api, reference)

    @engine_failures()
    def push(self, reference: str, login: Login | None, output: Output, cancel: threading.Event) -> str:
        """Push an image; see ``Docker.push``."""
        from pipeline_dsl.engine.sdk import registry

        return registry.push(self.api, reference, login, output, cancel)

    @engine_failures()
    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for a digest; see ``Docker.digest``."""
        from pipeline_dsl.engine.sdk import registry

        return registry.digest(self.api, reference, login, cancel)

    @engine_failures()
    def holds(self, image: EngineImage, reference: str, login: Login | None, cancel: threading.Event) -> bool:
        """Tell whether an image is the one that a registry has; see ``Docker.holds``."""
        from pipeline_dsl.engine.sdk import registry

        return registry.holds(self.api, image, reference, login, cancel)

    @engine_failures()
    def build(self, request: BuildRequest, output: Output, cancel: threading.Event) -> BuildResult:
        """Build an image; see ``Docker.build``."""
        if self.buildkit:
            return build.build(self.api, request, output, cancel)
        return build.build_without_buildkit(self.api, request, output, cancel)

    @engine_failures()
    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        """Run a container to its end; see ``Docker.run``."""
        from pipeline_dsl.engine.sdk import containers

        return containers.run(self.api, request, output, cancel)

    @engine_failures()
    def start(self, request: RunRequest) -> None:
        """Start a container and leave it alone; see ``Docker.start``."""
        from pipeline_dsl.engine.sdk import containers

        containers.start(self.api, request)

    @engine_failures()
    def container(self, name: str) -> ContainerState:
        """Say how a container is."""
        from pipeline_dsl.engine.sdk import state

        return state.state(self.api, name)

    @engine_failures()
    def execute(self, name: str, command: tuple[str, ...], cancel: threading.Event) -> Execution:
        """Run a further command in a running container; see ``Docker.execute``."""
        from pipeline_dsl.engine.sdk import state

        return state.execute(self.api, name, command, cancel)

    @engine_failures()
    def logs(self, name: str, tail: int) -> tuple[str, ...]:
        """Give the last lines that a container printed, at most ``tail``."""
        from pipeline_dsl.engine.sdk import state

        return state.logs(self.api, name, tail)

    @engine_failures()
    def remove_container(self, name: str) -> None:
        """Remove a container, running or not, if it is there."""
        removal.remove_container(self.api, name)

    @engine_failures()
    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network on which containers find each other by name."""
        networks.create_network(self.api, name, labels)

    @engine_failures()
    def remove_network(self, name: str) -> None:
        """Remove a network that no container uses any more, if it is there."""
        networks.remove_network(self.api, name)

    def copy_out(self, container: str, path: str, cancel: threading.Event) -> Generator[bytes]:
        """Pack a file or directory of a container; see ``Docker.copy_out``."""
        from pipeline_dsl.engine.sdk import archives

        with engine_failures():
            yield from archives.copy_out(self.api, container, path, cancel)

    @engine_failures()
    def remove_containers(self, label: str) -> None:
        """Remove every container that carries the label ``key=value``, running or not."""
        removal.remove_containers(self.api, label)

    @engine_failures()
    def remove_networks(self, label: str) -> None:
        """Remove every network that carries the label ``key=value`` and that no container uses."""
        networks.remove_networks(self.api, label)

    @engine_failures()
    def references(self, repository: str) -> Mapping[str, str]:
        """Give the ids of the images of a repository, by their tags."""
        return removal.references(self.api, repository)

    @engine_failures()
    def remove_reference(self, reference: str) -> None:
        """Take a reference back; see ``Docker.remove_reference``."""
        removal.remove_reference(self.api, reference)

    @engine_failures()
    def remove_images(self, repository: str) -> None:
        """Take back every reference ``repository:tag``; images that have no other go with it."""
        removal.remove_images(self.api, repository)

    @engine_failures()
    def identity(self) -> str:
        """Give what tells this engine from all others, as long as it keeps its data."""
        told = self._info
        # Podman makes a new id up for each answer.
        return f"{told.Name} {told.DockerRootDir}" if told.BuildahVersion else told.ID

    @functools.cached_property
    def _version(self) -> _Version:
        return _VERSION.validate_python(self.api.version())

    @functools.cached_property
    def _info(self) -> _Info:
        return _INFO.validate_python(self.api.info())
