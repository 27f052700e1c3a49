"""Resolving pipelines: what each stage does, and what it waits for."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, did_you_mean
from pipeline_dsl.resolve.expressions import Expression, MalformedExpressionError, expressions
from pipeline_dsl.resolve.order import circle
from pipeline_dsl.resolve.resolved import ResolvedPipeline, ResolvedRun, ResolvedStage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.model import Pipeline, Stage
    from pipeline_dsl.model.stage import RunSpecification

_BOUND_BY = {"build": ("imageID",), "run": ("output",)}
"""The values that each step gives its stage."""

_ENTRYPOINT = ResolvedRun(command=None, arguments=(), environment={}, image=None, tail=0)


def resolve_pipeline(pipeline: Pipeline) -> ResolvedPipeline:
    """Spell out a pipeline that has no defects."""
    stages = {stage.name: _resolve_stage(stage) for stage in pipeline.stages}
    order = graphlib.TopologicalSorter({name: stage.needs for name, stage in stages.items()})
    return ResolvedPipeline(pipeline.name, tuple(stages[name] for name in order.static_order()))


def pipeline_defects(pipeline: Pipeline) -> Iterator[Problem]:
    """Find what is wrong with a pipeline and its stages."""
    if not pipeline.stages:
        message = f'pipeline "{pipeline.name}" has no stages.'
        yield Problem("empty-pipeline", message, pipeline.at, "Add one with its method stage().")
    siblings = {stage.name: stage for stage in pipeline.stages}
    problems = [problem for stage in pipeline.stages for problem in _stage_defects(stage, siblings)]
    yield from problems or _circular_stages(pipeline.name, siblings)


def _resolve_stage(stage: Stage) -> ResolvedStage:
    run = _run(stage.run)
    named = [earlier.name for earlier in stage.after]
    named += [expression.namespace for expression in _references(run) if expression.namespace]
    build = stage.build.name if stage.build else None
    return ResolvedStage(stage.name, stage.at, build, run, tuple(dict.fromkeys(named)))


def _circular_stages(pipeline: str, stages: Mapping[str, Stage]) -> Iterator[Problem]:
    names = circle({name: _resolve_stage(stage).needs for name, stage in stages.items()})
    if names:
        circular = f"wait for one another in a circle, each for the next: {' → '.join(names)}"
        message = f'stages of pipeline "{pipeline}" {circular}.'
        yield Problem("stage-cycle", message, stages[names[0]].at)


def _stage_defects(stage: Stage, siblings: Mapping[str, Stage]) -> Iterator[Problem]:
    run = _run(stage.run)
    what = f'stage "{stage.name}"'
    if stage.build is None and run is None:
        hint = "Give it build=VARIANT, run=True or both."
        yield Problem("idle-stage", f"{what} does nothing.", stage.at, hint)
    if stage.build is None and run is not None and run.image is None:
        message = f"{what} has no image to run."
        yield Problem("no-image", message, stage.at, "Give it build=VARIANT, or Run(image=stage.image_id).")
    if run is not None and run.command == ():
        message = f"{what} runs a command that is empty."
        yield Problem("empty-command", message, stage.at, "Write run=True for the image's entrypoint.")
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


def _run(run: RunSpecification | None) -> ResolvedRun | None:
    if run is None or run is False:
        return None
    if run is True:
        return _ENTRYPOINT
    if isinstance(run, list | tuple):
        return ResolvedRun(tuple(run), (), {}, image=None, tail=0)
    command = None if run.command is None else tuple(run.command)
    return ResolvedRun(command, tuple(run.arguments), run.environment, run.image, run.tail)


def _references(run: ResolvedRun | None) -> Iterator[Expression]:
    if run is None:
        return
    variables = (text for variable in run.environment.items() for text in variable)
    for text in (*(run.command or ()), *run.arguments, *variables, run.image or ""):
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
