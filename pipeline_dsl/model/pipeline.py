"""Pipelines: stages that depend on one another."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.stage import RunSpecification, Stage
from pipeline_dsl.model.types import ListOf, NonEmpty

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.model.variant import Variant

_Arguments = ParamSpec("_Arguments")


def _explained(
    stage: Callable[Concatenate[Pipeline, _Arguments], Stage],
) -> Callable[Concatenate[Pipeline, _Arguments], Stage]:
    """Let a call that does not fit be explained as a faulty Stage is, instead of ending the evaluation."""
    signature = inspect.signature(stage)

    @functools.wraps(stage)
    def call(self: Pipeline, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Stage:
        try:
            signature.bind(self, *args, **kwargs)
        except TypeError:
            return cast("Callable[_Arguments, Stage]", Stage)(*args, **kwargs)
        return stage(self, *args, **kwargs)

    return call


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


setattr(Pipeline, "stage", _explained(Pipeline.stage))  # noqa: B010 -- above it, jedi would complete "self="
