"""Which part of a project to run, and whether that can be run."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, UsageError
from pipeline_dsl.model.context import NAMESPACE, PARAMETER
from pipeline_dsl.plan.names import check_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline_dsl.resolve import Resolved, ResolvedPipeline, ResolvedStage


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which part of a project to run.

    Arguments:
        pipelines: names of pipelines, in the order in which to run them; all if empty.
        stages: names of stages, to be run with what they need; all if empty.
    """

    pipelines: Sequence[str] = ()
    stages: Sequence[str] = ()


EVERYTHING = Choice()
"""All stages of all pipelines."""


def chosen_pipelines(resolved: Resolved, choice: Choice) -> list[ResolvedPipeline]:
    """Give the pipelines that a choice means, each with the chosen stages only; none that would be empty.

    Raises:
        UsageError: there is no such pipeline or stage.
    """
    known = {pipeline.name: pipeline for pipeline in resolved.pipelines}
    if not known:
        message = f'Project "{resolved.name}" has no pipeline.'
        hint = 'Add one: ci = Pipeline("ci"), then ci.stage("test", build=VARIANT, run=True).'
        raise UsageError([Problem("no-pipeline", message, hint=hint)])
    check_known("pipeline", choice.pipelines, known)
    pipelines = [known[name] for name in dict.fromkeys(choice.pipelines or known)]
    check_known("stage", choice.stages, dict.fromkeys(one.name for each in pipelines for one in each.stages))
    chosen = (
        dataclasses.replace(pipeline, stages=_chosen_stages(pipeline, choice.stages))
        for pipeline in pipelines
    )
    return [pipeline for pipeline in chosen if pipeline.stages]


def _chosen_stages(pipeline: ResolvedPipeline, names: Sequence[str]) -> tuple[ResolvedStage, ...]:
    """Give the stages of a pipeline that have one of the names, and all that they need."""
    if not names:
        return pipeline.stages
    wanted = set(names)
    for stage in reversed(pipeline.stages):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return tuple(stage for stage in pipeline.stages if stage.name in wanted)


def check_setup(pipelines: Iterable[ResolvedPipeline], setup: Mapping[str, str]) -> None:
    """Make sure that every stage will know what it refers to of the run as a whole.

    Raises:
        UsageError: there are references to parameters and the like that this run does not have.
    """
    problems = {
        (stage.name, one.key): Problem(
            "unset-parameter",
            f'stage "{stage.name}" refers to ${{{NAMESPACE}.{one.key}}}, which this run does not have.',
            stage.at,
            f"Give it: --param {one.key.removeprefix(PARAMETER)}=VALUE."
            if one.key.startswith(PARAMETER)
            else f"Give it a default: ${{{NAMESPACE}.{one.key}|DEFAULT}}.",
        )
        for pipeline in pipelines
        for stage in pipeline.stages
        for one in stage.references
        if one.namespace == NAMESPACE and one.default is None and one.key not in {*setup, "pipeline", "stage"}
    }
    if problems:
        raise UsageError(problems.values())
