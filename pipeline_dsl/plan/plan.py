"""Plans: what a run is going to do, worked out before anything runs."""

from __future__ import annotations

import dataclasses
import shlex
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, UsageError
from pipeline_dsl.plan.build import AS_DECLARED, BuildParameters, PlannedBuild, plan_builds
from pipeline_dsl.plan.names import check_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pipeline_dsl.errors import Position
    from pipeline_dsl.resolve import Resolved, ResolvedPipeline, ResolvedRun, ResolvedStage


@dataclasses.dataclass(frozen=True)
class PlannedStage:
    """A stage to be run.

    Arguments:
        pipeline: name of its pipeline.
        name: name of the stage.
        at: the author's line.
        build: the image to build.
        run: the container to run.
        needs: names of the stages of the pipeline that have to pass first.
    """

    pipeline: str
    name: str
    at: Position
    build: PlannedBuild | None
    run: ResolvedRun | None
    needs: tuple[str, ...]

    @property
    def run_title(self) -> str:
        """What its container runs, as one line for the shell."""
        if self.run is None:
            return ""
        entrypoint = self.build.variants[-1].entrypoint if self.build and not self.run.image else None
        line = shlex.join([*(self.run.command or entrypoint or ["entrypoint"]), *self.run.arguments])
        return " ".join(line.split())


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Arguments:
        project: name of the project.
        pipelines: the stages of each pipeline, in an order in which they could run one by one.
    """

    project: str
    pipelines: tuple[tuple[PlannedStage, ...], ...]


def plan(
    resolved: Resolved,
    root: Path,
    pipelines: Sequence[str] = (),
    stages: Sequence[str] = (),
    parameters: BuildParameters = AS_DECLARED,
) -> Plan:
    """Work out what a run is going to do. Reads the build context; writes and starts nothing.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        pipelines: names of the pipelines to run, in the order in which to run them; all if empty.
        stages: names of the stages to run, with what they need; all if empty.
        parameters: what is said about the builds.

    Raises:
        UsageError: there is no such pipeline, stage or build argument.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    chosen = _chosen_pipelines(resolved, pipelines)
    _check_stages_exist(stages, chosen)
    selected = [(pipeline.name, _chosen_stages(pipeline, stages)) for pipeline in chosen]
    wanted = dict.fromkeys(stage.build for _, some in selected for stage in some if stage.build)
    builds = plan_builds(resolved, root, wanted, parameters)
    return Plan(
        resolved.name,
        tuple(
            tuple(
                PlannedStage(name, one.name, one.at, builds.get(one.build or ""), one.run, one.needs)
                for one in some
            )
            for name, some in selected
            if some
        ),
    )


def _chosen_pipelines(resolved: Resolved, names: Sequence[str]) -> list[ResolvedPipeline]:
    known = {pipeline.name: pipeline for pipeline in resolved.pipelines}
    if not known:
        message = f'Project "{resolved.name}" has no pipeline.'
        hint = 'Add one: ci = Pipeline("ci"), then ci.stage("test", build=VARIANT, run=True).'
        raise UsageError([Problem("no-pipeline", message, hint=hint)])
    check_known("pipeline", names, known)
    return [known[name] for name in dict.fromkeys(names or known)]


def _check_stages_exist(names: Sequence[str], pipelines: Iterable[ResolvedPipeline]) -> None:
    known = dict.fromkeys(stage.name for pipeline in pipelines for stage in pipeline.stages)
    check_known("stage", names, known)


def _chosen_stages(pipeline: ResolvedPipeline, names: Sequence[str]) -> tuple[ResolvedStage, ...]:
    """Give the stages of a pipeline that have one of the names, and all that they need."""
    if not names:
        return pipeline.stages
    wanted = set(names)
    for stage in reversed(pipeline.stages):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return tuple(stage for stage in pipeline.stages if stage.name in wanted)
