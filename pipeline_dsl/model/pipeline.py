"""Pipelines: stages that depend on one another."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from pydantic import Field

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.stage import Stage
from pipeline_dsl.model.steps import Notify
from pipeline_dsl.model.types import ContextDirectory, ListOf, NonEmpty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_dsl.model.kubernetes import Deploy, Promote
    from pipeline_dsl.model.run import RunSpecification
    from pipeline_dsl.model.stage import CachePolicy
    from pipeline_dsl.model.steps import Artifacts, BuildSpecification, Publish, Trigger
    from pipeline_dsl.model.template import Value

_Arguments = ParamSpec("_Arguments")


def _explained(
    stage: Callable[Concatenate[Pipeline, _Arguments], Stage],
) -> Callable[Concatenate[Pipeline, _Arguments], Stage]:
    """Let a call that does not fit be explained as a faulty Stage is, instead of ending the evaluation."""
    signature = inspect.signature(stage)

    @functools.wraps(stage)
    def call(self: Pipeline, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Stage:
        try:
            return stage(self, *args, **kwargs)
        except TypeError:
            if _fits(signature, self, *args, **kwargs):
                raise
            return cast("Callable[_Arguments, Stage]", Stage)(*args, **kwargs)

    return call


def _fits(signature: inspect.Signature, /, *args: object, **kwargs: object) -> bool:
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


@definition
class Fetch(Definition):
    """How much of the repository a checkout brings, where the pipeline does not run on a working tree."""

    shallow: bool = True
    """Bring the last commits only."""

    depth: int = Field(default=20, gt=0, kw_only=True)
    """How many commits, of the repository and of its submodules."""

    submodules: bool = True
    """Bring submodules, and theirs."""

    tags: bool = False
    """Bring all tags."""


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

    directory: ContextDirectory = "."
    """Directory of the project that its images are built from."""

    fetch: Fetch = Field(default_factory=Fetch, kw_only=True)
    """How much of the repository a checkout brings."""

    notify: Notify | None = None
    """Whom to tell when one of its stages fails."""

    def stage(  # noqa: PLR0913 -- the steps that a stage can have
        self,
        name: str,
        *,
        build: BuildSpecification | None = None,
        run: RunSpecification | None = None,
        copy: Artifacts = (),
        publish: bool | Publish | None = None,
        promote: bool | ListOf[Promote] | None = None,
        deploy: Deploy | None = None,
        exports: Mapping[str, Value] | None = None,
        trigger: Trigger | None = None,
        notify: Notify | None = None,
        cache: CachePolicy | None = None,
        after: ListOf[Stage] = (),
    ) -> Stage:
        """Add a stage. Its steps are taken in the order of the arguments here.

        Arguments:
            name: what it is called: letters, digits, ``-`` or ``_``, unique in the pipeline.
            build: the variant to build an image of, or a `Build` that says it in detail.
            run: what to run in a container: True for the image's entrypoint, a list for a command that
                replaces it, or a `Run` that says it in detail.
            copy: files to copy out of the container, also when what ran in it has failed: paths in it, or
                `Artifact`.
            publish: push the image to the registry: True for the project's name and the usual tag, or a
                `Publish` that says it in detail.
            promote: propose to deploy what was published: True, or a list of `Promote`.
            deploy: install what was published in a test cluster.
            exports: values for later stages, by name: strings, numbers, lists and mappings.
            trigger: another job to start.
            notify: whom to tell when the stage fails.
            cache: how long it holds that the container has passed: `"success"`, as long as nothing changes;
                `"session"`, for this run; `"never"`. If left out, `"never"` for one with services or
                credentials, else `"success"`.
            after: stages that have to pass first. Those whose references are used need not be named.

        Returns:
            The stage, for ``after`` of others and for references such as ``stage.image_id``.

        Raises:
            DefinitionError: an argument is wrong.
        """
        stage = Stage(
            name,
            build=build,
            run=run,
            copy=copy,
            publish=publish,
            promote=promote,
            deploy=deploy,
            exports=exports or {},
            trigger=trigger,
            notify=notify,
            cache=cache,
            after=after,
        )
        object.__setattr__(self, "stages", (*self.stages, stage))
        return stage


setattr(Pipeline, "stage", _explained(Pipeline.stage))  # noqa: B010 -- above it, jedi would complete "self="
