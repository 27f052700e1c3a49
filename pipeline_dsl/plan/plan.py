"""Plans: what a run is going to do, worked out before anything runs."""

from __future__ import annotations

import dataclasses
import itertools
import shlex
from typing import TYPE_CHECKING

from pipeline_dsl.plan.build import plan_builds
from pipeline_dsl.plan.choice import EVERYTHING, Choice, check_setup, chosen_pipelines
from pipeline_dsl.plan.planned import AS_DECLARED, BuildParameters, PlannedBuild, WantedBuild
from pipeline_dsl.resolve.order import foundations_first
from pipeline_dsl.resolve.steps import OWN_IMAGE, ResolvedBuild

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
