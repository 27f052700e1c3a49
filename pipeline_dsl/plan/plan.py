"""Plans: what a run is going to do, worked out before anything runs."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import shlex
from typing import TYPE_CHECKING

from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.plan.build import plan_builds
from pipeline_dsl.plan.choice import EVERYTHING, Choice, check_setup, chosen_pipelines
from pipeline_dsl.plan.planned import AS_DECLARED, BuildParameters, PlannedBuild, WantedBuild
from pipeline_dsl.resolve.steps import OWN_CONTAINER, OWN_IMAGE, ResolvedBuild

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
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
        borrowed: names of those that other stages refer to.
        files_from: names of the stages whose copied files lie over its build context, the last one on top.
        directory: what the destinations of copied files start from, from the project's root.
    """

    pipeline: str
    stage: ResolvedStage
    build: PlannedBuild | None = None
    services: Mapping[str, PlannedBuild] = dataclasses.field(default_factory=dict)
    lends: frozenset[str] = frozenset()
    borrowed: frozenset[str] = frozenset()
    files_from: tuple[str, ...] = ()
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
    def is_cacheable(self) -> bool:
        """Whether it holds for longer than the moment that its container has passed.

        A container that others take files from has to be there, and files of another one's come from there.
        """
        own_files = all(files.container == OWN_CONTAINER for files in self.stage.copy)
        is_free = self.stage.cache != "never" and "container" not in self.borrowed
        return self.stage.run is not None and is_free and own_files

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
        contexts: reads the files that images are made of.
    """

    project: str
    root: Path
    pipelines: tuple[tuple[PlannedStage, ...], ...]
    setup: Mapping[str, str] = dataclasses.field(default_factory=dict)
    contexts: Contexts = dataclasses.field(default_factory=lambda: Contexts(None), compare=False)

    @functools.cached_property
    def givers(self) -> frozenset[tuple[str, str]]:
        """The stages, by pipeline and name, whose copied files others may be built from."""
        return frozenset((one.pipeline, name) for one in self.stages for name in one.files_from)

    @property
    def stages(self) -> tuple[PlannedStage, ...]:
        """The stages of all pipelines."""
        return tuple(itertools.chain.from_iterable(self.pipelines))


def plan(  # noqa: PLR0913 -- what there is, what is wanted of it, and what is known
    resolved: Resolved,
    root: Path,
    choice: Choice = EVERYTHING,
    parameters: BuildParameters = AS_DECLARED,
    *,
    setup: Mapping[str, str] | None = None,
    contexts: Contexts | None = None,
) -> Plan:
    """Work out what a run is going to do. Reads the build context; writes and starts nothing.

    Arguments:
        resolved: the project.
        root: its root directory.
        choice: which part of it to run.
        parameters: what is said about the builds.
        setup: the values that every stage knows from the start, by name; None leaves it open whether
            there are those that stages refer to.
        contexts: reads the files.

    Raises:
        UsageError: there is no such pipeline, stage, build argument or parameter.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    chosen = chosen_pipelines(resolved, choice)
    if setup is not None:
        check_setup(chosen, setup)
    contexts = contexts or Contexts(None)
    givers = [_givers(pipeline) for pipeline in chosen]
    wanted = list(map(_wanted, chosen, givers))
    every = (one for stages in wanted for some in stages.values() for one in some)
    builds = plan_builds(resolved, root, every, parameters, contexts)
    pipelines = (_planned(*parts, builds) for parts in zip(chosen, givers, wanted, strict=True))
    return Plan(resolved.name, root, tuple(pipelines), setup or {}, contexts)


def _planned(
    pipeline: ResolvedPipeline,
    givers: Mapping[str, tuple[str, ...]],
    wanted: Mapping[str, list[WantedBuild]],
    builds: Mapping[Hashable, PlannedBuild],
) -> tuple[PlannedStage, ...]:
    lent = _lent(pipeline)

    def planned(stage: ResolvedStage) -> PlannedStage:
        ours = {one.service: builds[one.key] for one in wanted[stage.name]}
        return PlannedStage(
            pipeline=pipeline.name,
            stage=stage,
            build=ours.pop("", None),
            services=ours,
            lends=frozenset(name for name, _ in lent.get(stage.name, ())),
            borrowed=frozenset(name for name, by in lent.get(stage.name, ()) if by != stage.name),
            files_from=givers[stage.name],
            directory=pipeline.directory,
        )

    return tuple(map(planned, pipeline.stages))


def check_files(resolved: Resolved, root: Path) -> None:
    """Make sure that the files of all images are there, as far as that can be known before a run.

    Raises:
        DefinitionError: some are missing; all of them are named.
    """
    built = {
        one.key: one
        for pipeline in resolved.pipelines
        for some in _wanted(pipeline, _givers(pipeline)).values()
        for one in some
    }
    wanted = [
        dataclasses.replace(one, source=dataclasses.replace(one.source, variant=variant.name))
        for one in built.values()
        for variant in resolved.closure(one.source.variant)
    ]
    used = {one.source.variant for one in wanted}
    wanted += [WantedBuild(ResolvedBuild(name)) for name in resolved.variants if name not in used]
    order = {name: number for number, name in enumerate(resolved.variants)}
    plan_builds(resolved, root, sorted(wanted, key=lambda one: order[one.source.variant]))


def _wanted(
    pipeline: ResolvedPipeline, givers: Mapping[str, tuple[str, ...]]
) -> dict[str, list[WantedBuild]]:
    """Name the images that each stage builds: its own, and those of its services."""
    wanted: dict[str, list[WantedBuild]] = {}
    for stage in pipeline.stages:
        is_late = bool(givers[stage.name])
        own = [WantedBuild(stage.build, is_late)] if stage.build else []
        services = stage.run.services if stage.run else ()
        wanted[stage.name] = own + [
            WantedBuild(one.build, is_late, one.name) for one in services if one.build
        ]
    return wanted


def _givers(pipeline: ResolvedPipeline) -> dict[str, tuple[str, ...]]:
    """Name for each stage those before it, directly or not, that copy files out of their containers."""
    givers: dict[str, tuple[str, ...]] = {}
    copying = {stage.name for stage in pipeline.stages if stage.copy}
    for stage in pipeline.stages:  # each comes after all that it needs
        found = (name for need in stage.needs for name in (*givers[need], *copying & {need}))
        givers[stage.name] = tuple(dict.fromkeys(found))
    return givers


def _lent(pipeline: ResolvedPipeline) -> dict[str, set[tuple[str, str]]]:
    """Name for each stage those of its values that something refers to, and the stages that do."""
    lent: dict[str, set[tuple[str, str]]] = {}
    for stage in pipeline.stages:
        for one in stage.references:
            lent.setdefault(one.namespace or stage.name, set()).add((one.key, stage.name))
    return lent
