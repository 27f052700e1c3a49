"""Resolving a project: everything worked out, and everything that is wrong with it found at once."""

from __future__ import annotations

import graphlib
from itertools import chain
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.resolve.resolved import Resolved, ResolvedPipeline
from pipeline_dsl.resolve.stages import in_order, resolve_stage, stage_defects
from pipeline_dsl.resolve.variants import check_acyclic, defects, expand, needs, reachable, warnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.model import Pipeline, Project, Variant


def resolve(project: Project) -> Resolved:
    """Work a project out.

    Arguments:
        project: what its author wrote.

    Raises:
        DefinitionError: something in it is wrong; all that is wrong is named.
    """
    variants = reachable(project)
    problems = list(_problems(project, variants))
    if problems:
        raise DefinitionError(problems)
    expanded = {whole.name: expand(whole) for whole in variants.values()}
    needed = {name: needs(variant) for name, variant in expanded.items()}
    check_acyclic(needed, expanded)
    return Resolved(
        name=project.name,
        variants=expanded,
        needs=needed,
        pipelines=_pipelines(project),
        warnings=tuple(chain.from_iterable(warnings(*pair) for pair in variants.items())),
    )


def _problems(project: Project, variants: Mapping[Variant, Variant]) -> Iterator[Problem]:
    yield from _strangers(project, variants)
    for whole in variants.values():
        yield from defects(whole)
    for pipeline in project.pipelines:
        if not pipeline.stages:
            message = f'pipeline "{pipeline.name}" has no stages.'
            yield Problem("empty-pipeline", message, pipeline.at, "Add one with its method stage().")
        siblings = {stage.name: stage for stage in pipeline.stages}
        for stage in pipeline.stages:
            yield from stage_defects(stage, siblings)


def _strangers(project: Project, variants: Iterable[Variant]) -> Iterator[Problem]:
    """Find variants that are only referred to and have the name of one of the project's."""
    own = {variant.name: variant for variant in project.variants}
    for variant in variants:
        namesake = own.setdefault(variant.name, variant)
        if namesake is not variant:
            message = f'variant "{variant.name}" is defined twice, first at {namesake.at}.'
            yield Problem("duplicate-name", message, variant.at, "Give one of them another name.")


def _pipelines(project: Project) -> tuple[ResolvedPipeline, ...]:
    resolved, problems = [], []
    for pipeline in project.pipelines:
        stages = {stage.name: resolve_stage(stage) for stage in pipeline.stages}
        try:
            resolved.append(in_order(pipeline.name, stages))
        except graphlib.CycleError as error:
            cycle: list[str] = error.args[1]
            problems.append(_circle(pipeline, cycle))
    if problems:
        raise DefinitionError(problems)
    return tuple(resolved)


def _circle(pipeline: Pipeline, cycle: list[str]) -> Problem:
    at = next(stage.at for stage in pipeline.stages if stage.name == cycle[0])
    message = f'stages of pipeline "{pipeline.name}" wait for one another in a circle: {" → ".join(cycle)}.'
    return Problem("stage-cycle", message, at)
