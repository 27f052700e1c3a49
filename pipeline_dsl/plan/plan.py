"""Plans: what a run is going to do, worked out before anything runs."""

from __future__ import annotations

import dataclasses
import itertools
import shlex
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, UsageError
from pipeline_dsl.model.context import NAMESPACE, PARAMETER
from pipeline_dsl.plan.build import AS_DECLARED, BuildParameters, PlannedBuild, WantedBuild, plan_builds
from pipeline_dsl.plan.names import check_known
from pipeline_dsl.resolve.order import foundations_first
from pipeline_dsl.resolve.steps import OWN_IMAGE, ResolvedBuild

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.resolve import Resolved, ResolvedPipeline, ResolvedStage


@dataclasses.dataclass(frozen=True)
class PlannedStage:
    """A stage to be run.

    Arguments:
        pipeline: name of its pipeline.
        stage: what it does.
        build: the image to build.
        services: the images to build for the services beside its container, by the service's name.
        lends: names of those of its values that something refers to.
        directory: what the destinations of copied files start from, from the project's root.
    """

    pipeline: str
    stage: ResolvedStage
    build: PlannedBuild | None = None
    services: Mapping[str, PlannedBuild] = dataclasses.field(default_factory=dict)
    lends: frozenset[str] = frozenset()
    directory: str = "."

    @property
    def name(self) -> str:
        """Its name."""
        return self.stage.name

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the stages of the pipeline that have to pass first."""
        return self.stage.needs

    @property
    def run_title(self) -> str:
        """What its container runs, as one line for the shell."""
        run = self.stage.run
        if run is None:
            return ""
        entrypoint = self.build.variants[-1].entrypoint if self.build and run.image == OWN_IMAGE else None
        arguments = run.arguments if isinstance(run.arguments, tuple) else ["…"]
        line = shlex.join([*(run.command or entrypoint or ["entrypoint"]), *arguments])
        return " ".join(line.split())


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Arguments:
        project: name of the project.
        root: its root directory.
        pipelines: the stages of each pipeline, in an order in which they could run one by one.
        setup: the values that every stage knows from the start, by name.
    """

    project: str
    root: Path
    pipelines: tuple[tuple[PlannedStage, ...], ...]
    setup: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def stages(self) -> tuple[PlannedStage, ...]:
        """The stages of all pipelines."""
        return tuple(itertools.chain.from_iterable(self.pipelines))


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


def plan(
    resolved: Resolved,
    root: Path,
    choice: Choice = EVERYTHING,
    parameters: BuildParameters = AS_DECLARED,
    setup: Mapping[str, str] | None = None,
) -> Plan:
    """Work out what a run is going to do. Reads the build context; writes and starts nothing.

    Arguments:
        resolved: the project.
        root: its root directory.
        choice: which part of it to run.
        parameters: what is said about the builds.
        setup: the values that every stage knows from the start, by name; None leaves it open whether
            there are those that stages refer to.

    Raises:
        UsageError: there is no such pipeline, stage, build argument or parameter.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    chosen = chosen_pipelines(resolved, choice)
    if setup is not None:
        check_setup(chosen, setup)
    wanted = {(one.name, stage.name): _wanted(stage, one) for one in chosen for stage in one.stages}
    builds = plan_builds(resolved, root, itertools.chain.from_iterable(wanted.values()), parameters)

    def planned(pipeline: ResolvedPipeline, stage: ResolvedStage) -> PlannedStage:
        ours = {one.service: builds[one.key] for one in wanted[pipeline.name, stage.name]}
        return PlannedStage(
            pipeline=pipeline.name,
            stage=stage,
            build=ours.pop("", None),
            services=ours,
            lends=frozenset(_lent(stage, pipeline)),
            directory=pipeline.directory,
        )

    pipelines = tuple(tuple(planned(one, stage) for stage in one.stages) for one in chosen)
    return Plan(resolved.name, root, pipelines, setup or {})


def check_files(resolved: Resolved, root: Path) -> None:
    """Make sure that the files of all images are there, as far as that can be known before a run.

    Raises:
        DefinitionError: some are missing; all of them are named.
    """
    wanted = [
        dataclasses.replace(one, source=dataclasses.replace(one.source, variant=variant.name))
        for pipeline in resolved.pipelines
        for stage in pipeline.stages
        for one in _wanted(stage, pipeline)
        for variant in resolved.closure(one.source.variant)
    ]
    used = {one.source.variant for one in wanted}
    wanted += [WantedBuild(ResolvedBuild(name)) for name in resolved.variants if name not in used]
    order = list(resolved.variants)
    plan_builds(resolved, root, sorted(wanted, key=lambda one: order.index(one.source.variant)))


def _wanted(stage: ResolvedStage, pipeline: ResolvedPipeline) -> list[WantedBuild]:
    """Name the images that a stage builds: its own, and those of its services."""
    is_late = _gets_files(stage, pipeline)
    own = [WantedBuild(stage.build, is_late)] if stage.build else []
    services = stage.run.services if stage.run else ()
    return own + [WantedBuild(one.build, is_late, one.name) for one in services if one.build]


def _gets_files(stage: ResolvedStage, pipeline: ResolvedPipeline) -> bool:
    """Tell whether stages that one waits for, directly or not, copy files out of their containers."""
    stages = {one.name: one for one in pipeline.stages}
    before = foundations_first([stage.name], lambda name: stages[name].needs)
    return any(stages[name].copy for name in before if name != stage.name)


def _lent(stage: ResolvedStage, pipeline: ResolvedPipeline) -> Iterator[str]:
    for other in pipeline.stages:
        for one in other.references:
            if one.namespace == stage.name or (other is stage and not one.namespace):
                yield one.key


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
