"""Pipelines: stages that depend on one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.stage import RunSpecification, Stage
from pipeline_dsl.model.types import ListOf, NonEmpty

if TYPE_CHECKING:
    from pipeline_dsl.model.variant import Variant


@definition
class Pipeline(Definition):
    """Stages that run as soon as what they need has passed, side by side where they can.

    Example:
        >>> ci = Pipeline("ci")
        >>> unit = ci.stage("test", build=test, run=True)
        >>> ci.stage("candidate", build=production, after=[unit])
    """

    named = True

    name: NonEmpty = Field(kw_only=False)
    """What it is called, unique in the project."""

    stages: ListOf[Stage] = ()
    """Its stages; more can be added with `stage`."""

    def stage(
        self,
        name: str,
        *,
        build: Variant | None = None,
        run: RunSpecification | None = None,
        after: ListOf[Stage] = (),
    ) -> Stage:
        """Add a stage. Its steps are taken in the order of the arguments here.

        Arguments:
            name: what it is called: letters, digits, ``-`` or ``_``, unique in the pipeline.
            build: the variant to build an image of.
            run: what to run in a container: True for the image's entrypoint, a list for a command that
                replaces it, or a `Run` that says it in detail.
            after: stages that have to pass first. Those whose references are used need not be named.

        Returns:
            The stage, for ``after`` of others and for references such as ``stage.image_id``.

        Raises:
            DefinitionError: an argument is wrong.
        """
        stage = Stage(name, build=build, run=run, after=after)
        object.__setattr__(self, "stages", (*self.stages, stage))
        return stage

    def __repr__(self) -> str:
        return f'Pipeline("{self.name}")'
