"""The port to the container engine, as the docker SDK fulfils it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pydantic

from pipeline_dsl.engine.docker import EngineVersion
from pipeline_dsl.engine.sdk import build, containers, images
from pipeline_dsl.engine.sdk.failures import engine_failures

if TYPE_CHECKING:
    import threading

    import docker

    from pipeline_dsl.engine.docker import BuildRequest, BuildResult, EngineImage, Output, RunRequest


@dataclasses.dataclass(frozen=True)
class _Version:
    """What ``GET /version`` answers, as far as we read it."""

    Version: str
    Os: str
    Arch: str


_VERSION = pydantic.TypeAdapter(_Version)


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
        told = _VERSION.validate_python(self.api.version())
        return EngineVersion(told.Version, self.buildkit, f"{told.Os}/{told.Arch}")

    @engine_failures()
    def image(self, reference: str) -> EngineImage | None:
        """Look an image up in the engine; None when it is not there. ``reference`` may be an id."""
        return images.image(self.api, reference)

    @engine_failures()
    def pull(
        self, reference: str, output: Output, cancel: threading.Event, platform: str = ""
    ) -> EngineImage:
        """Pull an image; see ``Docker.pull``."""
        return images.pull(self.api, reference, output, cancel, platform)

    @engine_failures()
    def build(self, request: BuildRequest, output: Output, cancel: threading.Event) -> BuildResult:
        """Build an image; see ``Docker.build``."""
        if self.buildkit:
            return build.build(self.api, request, output, cancel)
        return build.build_without_buildkit(self.api, request, output, cancel)

    @engine_failures()
    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        """Run a container to its end; see ``Docker.run``."""
        return containers.run(self.api, request, output, cancel)

    @engine_failures()
    def remove_containers(self, label: str) -> None:
        """Remove every container that carries the label ``key=value``, running or not."""
        containers.remove_containers(self.api, label)
