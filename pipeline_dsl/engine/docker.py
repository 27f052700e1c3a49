"""The port to the container engine: all that the rest of the package knows of Docker or Podman."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.context.listing import Listing

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
        digests: the repository digests that it was pulled or pushed by, ``name@sha256:…``.
        environment: the variables that its config sets.
        labels: the labels of its config.
        triggers: ONBUILD instructions that a build on top of it would execute.
        platform: what it runs on, such as ``linux/arm64``.
        tags: the references that it has, ``name:tag``.
    """

    id: str
    digests: tuple[str, ...]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    triggers: tuple[str, ...]
    platform: str
    tags: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Login:
    """What to log in to a registry with.

    Arguments:
        username: the user.
        password: the password, or a token; no text of this object shows it.
    """

    username: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class LocalFiles:
    """The files of a build context, for an engine that takes only those that it has not got before.

    Arguments:
        listing: the files; each with all directories that it is in.
        place: any words that tell this context from others, and are the same each time.
    """

    listing: Listing
    place: str


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
        cache_from: references of images in registries, whose layers are taken where a step is the same.
        inline_cache: make the image one whose layers other builds can take in that way.
        files: what ``context`` packs; None where it cannot be had in any other way.
    """

    dockerfile: str
    target: str
    context: Callable[[Mapping[str, bytes]], Iterable[bytes]]
    tags: tuple[str, ...] = ()
    arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    no_cache: bool = False
    platform: str = ""
    cache_from: tuple[str, ...] = ()
    inline_cache: bool = False
    files: LocalFiles | None = None


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
        memory: how many bytes it may use; 0 for as many as there are.
        cpus: how many processors it may use; 0 for all.
        network: name of the network that it joins; the engine's default one if empty.
        aliases: host names by which others on that network find it.
        files: contents, by absolute path, of files for the eyes of its user only. They are put into it before
            it starts, and are nowhere else.
        keep: leave it there, stopped, after its end, so that files can be copied out of it.
    """

    image: str
    name: str
    entrypoint: tuple[str, ...] | None = None
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    memory: int = 0
    cpus: float = 0
    network: str = ""
    aliases: tuple[str, ...] = ()
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict, repr=False)
    keep: bool = False


@dataclasses.dataclass(frozen=True)
class ContainerState:
    """How a container is.

    Arguments:
        running: whether its program runs.
        exit_code: of a program that has ended.
        out_of_memory: whether the engine ended a program in it that needed more memory than it may use.
        health: the command by which its image has its health checked; empty if it does not.
    """

    running: bool
    exit_code: int
    out_of_memory: bool
    health: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Execution:
    """How a further command in a running container ended.

    Arguments:
        exit_code: its exit code.
        output: what it printed, or why it could not be started.
    """

    exit_code: int
    output: str


class Cancelled(Exception):  # noqa: N818 -- not an error: the caller asked for it
    """A build or a container was ended because its ``cancel`` event was set."""


class PassingError(EngineError):
    """A registry did not answer, or was not able to: try again, it may be over soon."""


class Docker(Protocol):
    """A container engine.

    Every method raises EngineError when the engine cannot be reached or fails by itself.
    """

    def version(self) -> EngineVersion:
        """Say what answers at the other end."""

    def image(self, reference: str) -> EngineImage | None:
        """Look an image up in the engine; None when it is not there. ``reference`` may be an id."""

    def pull(
        self,
        reference: str,
        output: Output,
        cancel: threading.Event,
        *,
        platform: str = "",
        login: Login | None = None,
    ) -> EngineImage:
        """Pull an image.

        Arguments:
            reference: the image.
            output: gets what the engine tells meanwhile.
            cancel: ends it when set.
            platform: which of the image's platforms; the engine's own if empty.
            login: what to log in with; docker's own configuration if None.

        Raises:
            StepError: the registry has no such image, or does not give it to us.
            Cancelled: ``cancel`` was set meanwhile.
        """

    def tag(self, image: str, reference: str) -> None:
        """Give an image, of which the engine has the id, a reference ``name:tag``; another image loses it."""

    def untag(self, reference: str) -> None:
        """Take a reference ``name:tag`` back. The image stays, even if it was its last one."""

    def push(self, reference: str, login: Login | None, output: Output, cancel: threading.Event) -> str:
        """Push the image that has a reference, and give the digest of its manifest, ``sha256:…``.

        Arguments:
            reference: where to, ``registry/repository/name:tag``.
            login: what to log in with; docker's own configuration if None.
            output: gets what the engine tells meanwhile.
            cancel: ends it when set.

        Raises:
            StepError: the registry does not take it from us.
            PassingError: the registry cannot be reached, or failed by itself.
            Cancelled: ``cancel`` was set meanwhile.
        """

    def digest(self, reference: str, login: Login | None, cancel: threading.Event) -> str | None:
        """Ask a registry for the digest of the manifest that a reference stands for; None if it has none.

        Raises:
            StepError: the registry does not tell us.
            PassingError: the registry cannot be reached, or failed by itself.
            Cancelled: ``cancel`` was set meanwhile.
        """

    def holds(self, image: EngineImage, reference: str, login: Login | None, cancel: threading.Event) -> bool:
        """Tell whether the engine's image is the one that a registry has as ``name@sha256:…``.

        Nothing but a few kilobytes are downloaded for it, and no image is left behind. Raises what
        ``digest`` does.
        """

    def build(self, request: BuildRequest, output: Output, cancel: threading.Event) -> BuildResult:
        """Build an image; ``output`` gets the names of the steps (progress) and what they print.

        Raises:
            StepError: a step of the Dockerfile failed, or the engine refused the Dockerfile.
            Cancelled: ``cancel`` was set meanwhile; the build was ended.
        """

    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        """Run a container to its end and return its exit code.

        It is removed whatever happened; one that ``request.keep`` asks for only if it did not start.

        Raises:
            StepError: the container could not be created or started as asked.
            Cancelled: ``cancel`` was set meanwhile; the container was stopped.
        """

    def start(self, request: RunRequest) -> None:
        """Start a container and leave it alone; it stays until it is removed.

        Raises:
            StepError: the container could not be created or started as asked.
        """

    def container(self, name: str) -> ContainerState:
        """Say how a container is."""

    def execute(self, name: str, command: tuple[str, ...], cancel: threading.Event) -> Execution:
        """Run a further command in a running container.

        Raises:
            Cancelled: ``cancel`` was set meanwhile; the command may still run.
        """

    def logs(self, name: str, tail: int) -> tuple[str, ...]:
        """Give the last lines that a container printed, at most ``tail``."""

    def remove_container(self, name: str) -> None:
        """Remove a container, running or not, if it is there."""

    def create_network(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a network on which containers find each other by name."""

    def remove_network(self, name: str) -> None:
        """Remove a network that no container uses any more, if it is there."""

    def copy_out(self, container: str, path: str, cancel: threading.Event) -> Generator[bytes]:
        """Pack a file or directory of a container, running or not, as the chunks of an uncompressed tar file.

        Its first member is what the path names; if that is a symbolic link, what it leads to. Close the
        generator to break it off.

        Arguments:
            container: id or name of the container.
            path: the file or directory, from the container's root.
            cancel: ends it when set.

        Raises:
            StepError: there is no such container or no such path.
            Cancelled: ``cancel`` was set meanwhile.
        """

    def remove_containers(self, label: str) -> None:
        """Remove every container that carries the label ``key=value``, running or not."""

    def remove_networks(self, label: str) -> None:
        """Remove every network that carries the label ``key=value`` and that no container uses."""

    def references(self, repository: str) -> Mapping[str, str]:
        """Give the ids of the images of a repository, by their tags."""

    def remove_reference(self, reference: str) -> None:
        """Take a reference ``name:tag`` back, if it is there; an image that has no other goes with it."""

    def remove_images(self, repository: str) -> None:
        """Take back every reference ``repository:tag``; images that have no other go with it."""

    def identity(self) -> str:
        """Give what tells this engine from all others, as long as it keeps its data."""
