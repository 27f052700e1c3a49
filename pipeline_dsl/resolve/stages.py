"""Resolving pipelines: what each stage does, and what it waits for."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, did_you_mean
from pipeline_dsl.model import Run
from pipeline_dsl.resolve.expressions import Expression, MalformedExpressionError, expressions
from pipeline_dsl.resolve.resolved import ResolvedPipeline, ResolvedRun, ResolvedStage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.model import Stage
    from pipeline_dsl.model.stage import RunSpecification

_BOUND_BY = {"build": ("imageID",), "run": ("output",)}
"""The values that each step gives its stage."""


def resolve_stage(stage: Stage) -> ResolvedStage:
    """Spell out what a stage does and what it waits for."""
    run = _run(stage.run)
    named = [earlier.name for earlier in stage.after]
    named += [expression.namespace for expression in _references(run) if expression.namespace]
    build = stage.build.name if stage.build else None
    return ResolvedStage(stage.name, stage.at, build, run, tuple(dict.fromkeys(named)))


def stage_defects(stage: Stage, siblings: Mapping[str, Stage]) -> Iterator[Problem]:
    """Find what is wrong with a stage.

    Arguments:
        stage: the stage.
        siblings: all stages of its pipeline by name.
    """
    run = _run(stage.run)
    what = f'stage "{stage.name}"'
    if stage.build is None and run is None:
        hint = "Give it build=VARIANT, run=True or both."
        yield Problem("idle-stage", f"{what} does nothing.", stage.at, hint)
    if stage.build is None and run is not None and run.image is None:
        message = f"{what} has no image to run."
        yield Problem("no-image", message, stage.at, "Give it build=VARIANT, or Run(image=stage.image_id).")
    for other in stage.after:
        if siblings.get(other.name) is not other:
            message = f'{what} comes after "{other.name}", which is not a stage of its pipeline.'
            yield Problem("foreign-stage", message, stage.at)
    try:
        for expression in _references(run):
            yield from _reference_defects(expression, stage, siblings)
    except MalformedExpressionError as error:
        hint = 'Write "$${" for a "${" that is meant for somebody else, such as a shell.'
        yield Problem("malformed-expression", f"{what}: {error}.", stage.at, hint)


def in_order(name: str, stages: Mapping[str, ResolvedStage]) -> ResolvedPipeline:
    """Put stages into an order in which they could run one by one.

    Arguments:
        name: name of the pipeline.
        stages: its stages by name, in the order in which they were defined.

    Raises:
        graphlib.CycleError: they wait for one another in a circle.
    """
    order = graphlib.TopologicalSorter({stage.name: stage.needs for stage in stages.values()})
    return ResolvedPipeline(name, tuple(stages[stage] for stage in order.static_order()))


def _run(run: RunSpecification | None) -> ResolvedRun | None:
    if run is None or run is False:
        return None
    if isinstance(run, list | tuple):
        run = Run(command=run)
    if run is True:
        run = Run()
    command = tuple(run.command) if run.command else None
    return ResolvedRun(command, tuple(run.arguments), run.environment, run.image, run.tail)


def _references(run: ResolvedRun | None) -> Iterator[Expression]:
    if run is None:
        return
    texts = (*(run.command or ()), *run.arguments, *run.environment.values(), run.image or "")
    for text in texts:
        yield from expressions(text)


def _reference_defects(
    expression: Expression, stage: Stage, siblings: Mapping[str, Stage]
) -> Iterator[Problem]:
    what = f'stage "{stage.name}": ${{{expression.namespace}.{expression.key}}}'
    source = siblings.get(expression.namespace) if expression.namespace else stage
    if expression.namespace == stage.name:
        hint = f"Write ${{.{expression.key}}}."
        yield Problem("own-reference", f"{what} is the stage's own.", stage.at, hint)
    elif source is None:
        message = f'{what}: there is no stage "{expression.namespace}" in its pipeline.'
        yield Problem("unknown-stage", message, stage.at, did_you_mean(expression.namespace, siblings))
    else:
        steps = ["build"] if source is stage else ["build", "run"]  # what a run gives, it does not know yet
        bound = ["stage", *(key for step in steps if getattr(source, step) for key in _BOUND_BY[step])]
        if expression.key not in bound:
            message = f'{what}: stage "{source.name}" gives no "{expression.key}".'
            yield Problem("unbound-reference", message, stage.at, did_you_mean(expression.key, bound))
