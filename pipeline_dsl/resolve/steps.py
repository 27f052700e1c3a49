"""Resolved pipelines: what each stage does, with nothing implied, and what it waits for.

Strings may hold references, all of which are known to lead somewhere.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.model.stage import STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.errors import Position
    from pipeline_dsl.model import Artifact, Credential, Deploy, Fetch, Notify, Promote, Trigger
    from pipeline_dsl.model.stage import CachePolicy
    from pipeline_dsl.model.steps import PullPolicy
    from pipeline_dsl.model.template import TextByName, Texts, Value
    from pipeline_dsl.resolve.expressions import Expression

OWN_IMAGE = "${.imageID}"
"""The image that a stage builds itself."""

OWN_CONTAINER = "${.container}"
"""The container that a stage runs itself."""


@dataclasses.dataclass(frozen=True)
class ResolvedBuild:
    """An image to be built.

    Arguments:
        variant: name of the variant.
        directory: the build context, from the project's root; empty where it is a repository.
        repository: URL of a git repository to build from, as ``URL#REF:DIRECTORY``; else empty.
        excludes: patterns that stand instead of ``.dockerignore``, or what gives them.
        pull: when to pull base images; as the operator says if None.
    """

    variant: str
    directory: str = "."
    repository: str = ""
    excludes: Texts = ()
    pull: PullPolicy | None = None


@dataclasses.dataclass(frozen=True)
class ResolvedService:
    """A container that runs beside a stage's own.

    Arguments:
        name: its name, and its host name.
        build: how its image is built; None where it exists already.
        image: the image that exists already; empty where it is built.
        command: program and arguments instead of the image's entrypoint; None for the entrypoint.
        arguments: what to add to the one or the other.
        environment: environment variables beside the image's.
        health: the command that tells whether it is ready; None for the image's own.
        timeout: seconds that it may take to be ready; as the operator says if None.
    """

    name: str
    build: ResolvedBuild | None
    image: str
    command: tuple[str, ...] | None
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    health: tuple[str, ...] | None
    timeout: float | None


@dataclasses.dataclass(frozen=True)
class ResolvedRun:
    """A container to run.

    Arguments:
        command: program and arguments instead of the image's entrypoint; None for the entrypoint.
        arguments: what to add to the one or the other, or what gives it.
        environment: environment variables beside the image's, or what gives them.
        image: id of the image.
        tail: how many of the last lines of standard output to keep; -1 for all.
        credentials: secrets that it gets.
        services: containers that run beside it.
        timeout: seconds that it may take; as the operator says if None.
        memory: how much memory it may use, as docker writes it; None for all.
        cpus: how many processors it may use; None for all.
        retries: how many times to try again when it fails.
    """

    command: tuple[str, ...] | None = None
    arguments: Texts = ()
    environment: TextByName = dataclasses.field(default_factory=dict)
    image: str = OWN_IMAGE
    tail: int = 0
    credentials: tuple[Credential, ...] = ()
    services: tuple[ResolvedService, ...] = ()
    timeout: float | None = None
    memory: str | None = None
    cpus: float | None = None
    retries: int = 0


@dataclasses.dataclass(frozen=True)
class ResolvedPublish:
    """An image to be pushed.

    Arguments:
        image: id of the image.
        name: its name, below the operator's part of the registry.
        tag: its first tag.
        tags: further tags, or what gives them.
        overwrite: whether tags that exist may be moved: all, or those that are listed.
    """

    image: str
    name: str
    tag: str
    tags: Texts
    overwrite: bool | tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ResolvedStage:
    """A stage and what it waits for.

    Arguments:
        name: name of the stage.
        at: the author's line.
        needs: names of the stages that have to pass first, as they are first mentioned.
        references: all that its steps refer to.
        build: the image to build.
        run: the container to run.
        copy: files to copy out; each says from which container.
        publish: the image to push.
        promote: what to propose to deploy.
        deploy: what to install in a test cluster.
        exports: values for later stages.
        trigger: the job to start.
        notify: whom to tell of a failure.
        cache: how long it holds that its container has passed.
    """

    name: str
    at: Position
    needs: tuple[str, ...] = ()
    references: tuple[Expression, ...] = ()
    build: ResolvedBuild | None = None
    run: ResolvedRun | None = None
    copy: tuple[Artifact, ...] = ()
    publish: ResolvedPublish | None = None
    promote: tuple[Promote, ...] = ()
    deploy: Deploy | None = None
    exports: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    trigger: Trigger | None = None
    notify: Notify | None = None
    cache: CachePolicy = "success"

    @functools.cached_property
    def steps(self) -> tuple[str, ...]:
        """The kinds of its steps, in the order in which they are taken."""
        return tuple(kind for kind in STEPS if getattr(self, kind))


@dataclasses.dataclass(frozen=True)
class ResolvedPipeline:
    """A pipeline.

    Arguments:
        name: its name.
        stages: its stages, in an order in which they could run one by one.
        directory: what the destinations of copied files start from, from the project's root.
        fetch: how much of the repository a checkout brings.
    """

    name: str
    stages: tuple[ResolvedStage, ...]
    directory: str
    fetch: Fetch
