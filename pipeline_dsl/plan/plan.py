"""Plans: what a run is going to do, worked out before anything runs."""

from __future__ import annotations

import dataclasses
import re
import shlex
from typing import TYPE_CHECKING

from pipeline_dsl import __version__
from pipeline_dsl.errors import DefinitionError, Problem, UsageError, did_you_mean
from pipeline_dsl.image import dockerfile
from pipeline_dsl.plan.context import load_ignore, read_context

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.errors import Position
    from pipeline_dsl.image import Dockerfile
    from pipeline_dsl.plan.context import ContextFile
    from pipeline_dsl.plan.ignore import Ignore
    from pipeline_dsl.resolve import Resolved, ResolvedPipeline, ResolvedRun, ResolvedStage, ResolvedVariant

BLUBBER_VERSION = "1.8.0"
"""The version of Blubber whose behaviour the images have."""


@dataclasses.dataclass(frozen=True)
class PlannedBuild:
    """An image to be built.

    Arguments:
        variants: the variant, after all that it takes files from.
        labels: labels of the image.
        tags: references that the image gets.
        dockerfile: the Dockerfile, as far as it can be known without its base images.
        files: the files of the build context.
    """

    variants: tuple[ResolvedVariant, ...]
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    dockerfile: Dockerfile
    files: tuple[ContextFile, ...]

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return self.variants[-1].name

    def dockerfile_on(self, environments: Mapping[str, Mapping[str, str]]) -> Dockerfile:
        """Write the Dockerfile once its base images are known.

        Arguments:
            environments: the variables that each base image sets, by the image's reference.
        """
        return dockerfile(self.variants, self.labels, environments)


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


def plan(resolved: Resolved, root: Path, pipelines: Sequence[str] = (), stages: Sequence[str] = ()) -> Plan:
    """Work out what a run is going to do. Reads the build context; writes and starts nothing.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        pipelines: names of the pipelines to run, in the order in which to run them; all if empty.
        stages: names of the stages to run, with what they need; all if empty.

    Raises:
        UsageError: there is no such pipeline or stage.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    chosen = _chosen_pipelines(resolved, pipelines)
    _check_stages_exist(stages, chosen)
    selected = [(pipeline.name, _chosen_stages(pipeline, stages)) for pipeline in chosen]
    wanted = dict.fromkeys(stage.build for _, some in selected for stage in some if stage.build)
    builds = _plan_builds(resolved, root, wanted)
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


def plan_build(resolved: Resolved, root: Path, variant: str, tags: Sequence[str] = ()) -> PlannedBuild:
    """Work out how a single variant's image is built.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        variant: name of the variant.
        tags: references that the image gets beside the usual one.

    Raises:
        UsageError: there is no such variant.
        DefinitionError: files that the image takes are missing; all of them are named.
    """
    _check_known("variant", [variant], resolved.variants)
    build = _plan_builds(resolved, root, [variant])[variant]
    return dataclasses.replace(build, tags=(*build.tags, *tags))


def plan_dockerfile(resolved: Resolved, variant: str) -> Dockerfile:
    """Write the Dockerfile of a variant, as far as it can be known without its base images.

    Arguments:
        resolved: the project.
        variant: name of the variant.

    Raises:
        UsageError: there is no such variant.
    """
    _check_known("variant", [variant], resolved.variants)
    return dockerfile(resolved.closure(variant), _labels(resolved, variant))


def check(resolved: Resolved, root: Path) -> None:
    """Make sure that every variant of a project can be planned.

    Arguments:
        resolved: the project.
        root: directory that images are built from.

    Raises:
        DefinitionError: files that images take are missing; all of them are named.
    """
    _plan_builds(resolved, root, resolved.variants)


def _chosen_pipelines(resolved: Resolved, names: Sequence[str]) -> list[ResolvedPipeline]:
    known = {pipeline.name: pipeline for pipeline in resolved.pipelines}
    if not known:
        message = f'Project "{resolved.name}" has no pipeline.'
        hint = 'Add one: ci = Pipeline("ci"), then ci.stage("test", build=VARIANT, run=True).'
        raise UsageError([Problem("no-pipeline", message, hint=hint)])
    _check_known("pipeline", names, known)
    return [known[name] for name in dict.fromkeys(names or known)]


def _check_stages_exist(names: Sequence[str], pipelines: Iterable[ResolvedPipeline]) -> None:
    known = dict.fromkeys(stage.name for pipeline in pipelines for stage in pipeline.stages)
    _check_known("stage", names, known)


def _check_known(what: str, names: Sequence[str], known: Collection[str]) -> None:
    problems = [
        Problem(
            f"unknown-{what}",
            f'There is no {what} "{name}".',
            hint=did_you_mean(name, known) or f"There are: {', '.join(known)}.",
        )
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if problems:
        raise UsageError(problems)


def _chosen_stages(pipeline: ResolvedPipeline, names: Sequence[str]) -> tuple[ResolvedStage, ...]:
    """Give the stages of a pipeline that have one of the names, and all that they need."""
    if not names:
        return pipeline.stages
    wanted = set(names)
    for stage in reversed(pipeline.stages):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return tuple(stage for stage in pipeline.stages if stage.name in wanted)


def _plan_builds(resolved: Resolved, root: Path, variants: Iterable[str]) -> dict[str, PlannedBuild]:
    ignore = load_ignore(root)
    builds: dict[str, PlannedBuild] = {}
    blamed: dict[Problem, Problem] = {}  # on the first variant that has it, not on all that inherit it
    for name in variants:
        try:
            builds[name] = _plan_build(resolved, root, ignore, name)
        except DefinitionError as error:
            for problem in error.problems:
                blamed.setdefault(problem, _blame(problem, resolved.variants[name]))
    if blamed:
        raise DefinitionError(blamed.values())
    return builds


def _plan_build(resolved: Resolved, root: Path, ignore: Ignore, variant: str) -> PlannedBuild:
    variants, labels = resolved.closure(variant), _labels(resolved, variant)
    written = dockerfile(variants, labels)
    files = read_context(root, written.selections, ignore)
    tag = f"pipeline-dsl/{slug(resolved.name)}:{variant}"
    return PlannedBuild(variants, labels, (tag,), written, files)


def _blame(problem: Problem, variant: ResolvedVariant) -> Problem:
    """Say whose files a problem with the build context is about."""
    if problem.at is not None:
        return problem
    message = f'variant "{variant.name}": {problem.message}'
    return dataclasses.replace(problem, message=message, at=variant.at)


def _labels(resolved: Resolved, variant: str) -> dict[str, str]:
    return {
        "blubber.variant": variant,
        "blubber.version": f"{BLUBBER_VERSION}+pipeline-dsl.{__version__}",
        "pipeline-dsl.project": resolved.name,
        "pipeline-dsl.version": __version__,
    }


def slug(name: str) -> str:
    """Make a name fit for images and containers: lower case, and letters, digits and dashes only."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"
