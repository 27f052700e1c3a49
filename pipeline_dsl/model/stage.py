"""Stages: the steps of a pipeline that belong together."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import evaluation
from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.kubernetes import Deploy, Promote
from pipeline_dsl.model.reference import Ref
from pipeline_dsl.model.run import RunSpecification
from pipeline_dsl.model.steps import Artifacts, BuildSpecification, Notify, Publish, Trigger
from pipeline_dsl.model.template import Value
from pipeline_dsl.model.types import ListOf, MappingOf, StageName

STEPS = ("build", "run", "copy", "publish", "promote", "deploy", "exports", "trigger")
"""The steps of a stage in the order in which they are taken."""

CachePolicy: TypeAlias = Literal["success", "session", "never"]
"""How long it holds that a container has passed: until something changes, for this run, not at all."""


@definition
class Stage(Definition):
    """A part of a pipeline: builds an image, runs it, publishes it. Made by `Pipeline.stage`."""

    named = True
    written = "stage"

    name: StageName = Field(kw_only=False)
    """What it is called, unique in its pipeline."""

    build: BuildSpecification | None = None
    """The variant to build an image of, or a `Build` that says it in detail."""

    run: RunSpecification | None = None
    """What to run in a container: True for the image's entrypoint, a list for a command, or a `Run`."""

    copy: Artifacts = ()
    """Files to copy out of the container: paths in it, or `Artifact`."""

    publish: bool | Publish | None = None
    """Push the image to the registry: True for the project's name and the usual tag, or a `Publish`."""

    promote: bool | ListOf[Promote] | None = None
    """Propose to deploy what was published."""

    deploy: Deploy | None = None
    """Install what was published in a test cluster."""

    exports: MappingOf[str, Value] = Field(default_factory=dict, kw_only=True)
    """Values for later stages, by name."""

    trigger: Trigger | None = None
    """Another job to start."""

    notify: Notify | None = None
    """Whom to tell when the stage fails."""

    cache: CachePolicy | None = None
    """How long it holds that the container has passed. `"success"`: as long as its image and all that it is
    given are the same. `"session"`: for the stages of one run that would run the same. `"never"`: not at all.
    If left out, `"never"` for one with services or credentials, as others have a say in what it does, and
    else `"success"`."""

    after: ListOf[Stage] = ()
    """Stages that have to pass first, beside those that are referred to."""

    @property
    def image_id(self) -> Ref:
        """Id of the image that the stage built."""
        return self._reference("imageID", "build")

    @property
    def image(self) -> Ref:
        """Name of the image that the stage built, good for the ``base`` of a variant that builds on it."""
        return self._reference("imageLocalName", "build")

    @property
    def container(self) -> Ref:
        """Name of the container that the stage ran, to copy files out of it."""
        return self._reference("container", "run")

    @property
    def output(self) -> Ref:
        """Last lines that the stage's container printed: as many as ``Run(tail=…)`` says."""
        return self._reference("output", "run")

    @property
    def artifact_urls(self) -> Ref:
        """Where the files that the stage copied out are kept: a line for each entry of ``copy``."""
        return self._reference("artifactURLs", "copy")

    @property
    def image_name(self) -> Ref:
        """Name that the image was published by, without its registry and repository."""
        return self._reference("imageName", "publish")

    @property
    def image_full_name(self) -> Ref:
        """Name that the image was published by: registry, repository and name."""
        return self._reference("imageFullName", "publish")

    @property
    def image_tag(self) -> Ref:
        """First tag that the image was published by."""
        return self._reference("imageTag", "publish")

    @property
    def image_tags(self) -> Ref:
        """All tags that the image was published by, as a list."""
        return self._reference("imageTags", "publish")

    @property
    def published_image(self) -> Ref:
        """The published image: registry, repository, name and first tag."""
        return self._reference("publishedImage", "publish")

    @property
    def published_digest(self) -> Ref:
        """Digest of the published image in the registry, ``sha256:…``."""
        return self._reference("publishedDigest", "publish")

    @property
    def release_name(self) -> Ref:
        """Name of the release that the stage installed in the test cluster."""
        return self._reference("releaseName", "deploy")

    def exported(self, name: str) -> Ref:
        """Give a value that the stage exports.

        Arguments:
            name: its name in ``exports``.
        """
        if name not in self.exports:
            self._complain(f'stage "{self.name}" exports no "{name}".')
        return Ref(self.name, name)

    def _reference(self, name: str, step: str) -> Ref:
        if not getattr(self, step):
            self._complain(f'stage "{self.name}" has no {step} step that "{name}" could come from.')
        return Ref(self.name, name)

    @staticmethod
    def _complain(message: str) -> None:
        evaluation.report([Problem("unbound-reference", message, evaluation.authors_position())])
