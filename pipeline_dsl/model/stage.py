"""Stages: the steps of a pipeline that belong together."""

from __future__ import annotations

from typing import TypeAlias

from pydantic import Field

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import evaluation
from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.reference import Ref
from pipeline_dsl.model.types import ListOf, MappingOf, NonEmpty, StageName
from pipeline_dsl.model.variant import Variant


@definition
class Run(Definition):
    """Run a container to its end; the stage fails if it exits with another code than 0.

    Example: ``Run(arguments=["--verbose"], environment={"TZ": "UTC"})``
    """

    command: ListOf[str] | None = None
    """Program and arguments to run instead of the image's entrypoint."""

    arguments: ListOf[str] = ()
    """Arguments to add to the image's entrypoint, or to ``command``."""

    environment: MappingOf[str, str] = Field(default_factory=dict)
    """Environment variables beside those of the image."""

    image: NonEmpty | None = None
    """The image to run: another stage's ``image_id``. The image that this stage built if left out."""

    tail: int = Field(default=0, ge=-1)
    """How many of the last lines of standard output become the stage's ``output``; -1 for all."""


RunSpecification: TypeAlias = bool | ListOf[str] | Run


@definition
class Stage(Definition):
    """A part of a pipeline: builds an image, runs it. Made by `Pipeline.stage`, which says what it takes."""

    named = True
    written = "stage"

    name: StageName = Field(kw_only=False)
    """What it is called, unique in its pipeline."""

    build: Variant | None = None
    """The variant to build an image of."""

    run: RunSpecification | None = None
    """What to run in a container: True for the image's entrypoint, a list for a command, or a `Run`."""

    after: ListOf[Stage] = ()
    """Stages that have to pass first, beside those that are referred to."""

    @property
    def image_id(self) -> Ref:
        """Id of the image that the stage built."""
        return self._reference("imageID", "build")

    @property
    def output(self) -> Ref:
        """Last lines that the stage's container printed: as many as ``Run(tail=…)`` says."""
        return self._reference("output", "run")

    def _reference(self, name: str, step: str) -> Ref:
        if not getattr(self, step):
            message = f'stage "{self.name}" has no {step} step that "{name}" could come from.'
            evaluation.report([Problem("unbound-reference", message, evaluation.authors_position())])
        return Ref(self.name, name)
