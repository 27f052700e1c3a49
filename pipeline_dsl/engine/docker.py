"""The port to the container engine: all that the rest of the package knows of Docker or Podman."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pipeline_dsl.engine.events import Stream

if TYPE_CHECKING:
    import threading

Output: TypeAlias = Callable[[Stream, str], None]
"""Takes one line that a build or a container printed, without its line end."""


@dataclasses.dataclass(frozen=True)
class EngineVersion:
    """What answers at the other end.

    Arguments:
        version: the engine's own version, such as ``20.10.24``.
        buildkit: whether it builds with BuildKit; where not, the legacy builder is used.
        platform: what it runs on, such as ``linux/amd64``.
    """

    version: str
    buildkit: bool
    platform: str


@dataclasses.dataclass(frozen=True)
class EngineImage:
    """An image that the engine has.

    Arguments:
        id: its content-addressed id, ``sha256:…``.
        digests: the repository digests that it was pulled by, ``name@sha256:…``; empty for a local one.
        environment: the variables that its config sets.
        labels: the labels of its config.
        triggers: ONBUILD instructions that a build on top of it would execute.
        platform: what it runs on, such as ``linux/arm64``.
    """

    id: str
    digests: tuple[str, ...]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    triggers: tuple[str, ...]
    platform: str


@dataclasses.dataclass(frozen=True)
class BuildRequest:
    """An image to be built.

    Arguments:
        dockerfile: text of the Dockerfile.
        target: the stage of it that becomes the image.
        context: gives the build context as the chunks of an uncompressed tar file; called once per attempt.
        tags: references that the image gets, ``name:tag``; none for an image that is known by its id only.
        arguments: values of build arguments.
        labels: labels beyond those that the Dockerfile sets.
        platform: what the image is to run on, such as ``linux/arm64``; the engine's own if empty.
        no_cache: build every step anew.
    """

    dockerfile: str
    target: str
    context: Callable[[Mapping[str, bytes]], Iterable[bytes]]
    tags: tuple[str, ...] = ()
    arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    no_cache: bool = False
    platform: str = ""


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """An image that was built.

    Arguments:
        image: its id, ``sha256:…``.
        steps: how many steps of the Dockerfile the build went through.
        executed: names of those that were not in the engine's build cache, in order.
    """

    image: str
    steps: int
    executed: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class RunRequest:
    """A container to be run to its end.

    Arguments:
        image: id or reference of an image that the engine has.
        name: name of the container.
        entrypoint: replaces the image's entrypoint; None leaves it.
        arguments: arguments after the entrypoint; None, or none of them, leaves the image's default ones.
        environment: variables beyond the image's.
        labels: labels of the container, by which it can be found again.
    """

    image: str
    name: str
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Cancelled(Exception):  # noqa: N818 -- not an error: the caller asked for it
    """A build or a container was ended because its ``cancel`` event was set."""


class Docker(Protocol):
    """A container engine.

    Every method raises EngineError when the engine cannot be reached or fails by itself.
    """

    def version(self) -> EngineVersion:
        """Say what answers at the other end."""

    def image(self, reference: str) -> EngineImage | None:
        """Look an image up in the engine; None when it is not there. ``reference`` may be an id."""

    def pull(
        self, reference: str, output: Output, cancel: threading.Event, platform: str = ""
    ) -> EngineImage:
        """Pull an image, with the credentials of docker's own configuration.

        Arguments:
            reference: the image.
            output: gets what the engine tells meanwhile.
            cancel: ends it when set.
            platform: which of the image's platforms; the engine's own if empty.

        Raises:
            StepError: the registry has no such image, or does not give it to us.
            Cancelled: ``cancel`` was set meanwhile.
        """

    def build(self, request: BuildRequest, output: Output, cancel: threading.Event) -> BuildResult:
        """Build an image; ``output`` gets the names of the steps (progress) and what they print.

        Raises:
            StepError: a step of the Dockerfile failed, or the engine refused the Dockerfile.
            Cancelled: ``cancel`` was set meanwhile; the build was ended.
        """

    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        """Run a container to its end, remove it whatever happened, and return its exit code.

        Raises:
            StepError: the container could not be created or started as asked.
            Cancelled: ``cancel`` was set meanwhile; the container was stopped.
        """

    def remove_containers(self, label: str) -> None:
        """Remove every container that carries the label ``key=value``, running or not."""
