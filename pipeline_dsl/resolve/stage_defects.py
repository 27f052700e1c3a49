"""What can be wrong with pipelines and their stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, did_you_mean
from pipeline_dsl.model.context import KEYS, NAMESPACE, may_be_known
from pipeline_dsl.resolve.order import circle
from pipeline_dsl.resolve.references import BOUND_BY, bound
from pipeline_dsl.resolve.steps import OWN_CONTAINER, OWN_IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.model import Pipeline, Stage
    from pipeline_dsl.resolve.expressions import Expression
    from pipeline_dsl.resolve.references import Found
    from pipeline_dsl.resolve.steps import ResolvedStage


def pipeline_defects(
    pipeline: Pipeline, spelled: Mapping[str, ResolvedStage], found: Mapping[str, Iterable[Found]]
) -> Iterator[Problem]:
    """Find what is wrong with a pipeline and its stages, circles left out.

    Arguments:
        pipeline: the pipeline.
        spelled: its stages by name.
        found: what the steps of each refer to.
    """
    if not pipeline.stages:
        message = f'pipeline "{pipeline.name}" has no stages.'
        yield Problem("empty-pipeline", message, pipeline.at, "Add one with its method stage().")
    siblings = {stage.name: stage for stage in pipeline.stages}
    for stage in pipeline.stages:
        yield from _stage_defects(stage, siblings, spelled, found[stage.name])


def circular_stages(pipeline: Pipeline, stages: Mapping[str, ResolvedStage]) -> Iterator[Problem]:
    """Find stages that wait for one another in a circle."""
    names = circle({name: stage.needs for name, stage in stages.items()})
    if names:
        circular = f"wait for one another in a circle, each for the next: {' → '.join(names)}"
        message = f'stages of pipeline "{pipeline.name}" {circular}.'
        yield Problem("stage-cycle", message, stages[names[0]].at)


def _stage_defects(
    stage: Stage,
    siblings: Mapping[str, Stage],
    all_spelled: Mapping[str, ResolvedStage],
    found: Iterable[Found],
) -> Iterator[Problem]:
    spelled = all_spelled[stage.name]
    what = f'stage "{stage.name}"'
    if not spelled.steps:
        hint = "Give it build=VARIANT, run=True or both."
        yield Problem("idle-stage", f"{what} does nothing.", stage.at, hint)
    if spelled.run is not None and spelled.run.command == ():
        message = f"{what} runs a command that is empty."
        yield Problem("empty-command", message, stage.at, "Write run=True for the image's entrypoint.")
    for other in stage.after:
        if siblings.get(other.name) is not other:
            message = f'{what} comes after "{other.name}", which is not a stage of its pipeline.'
            yield Problem("foreign-stage", message, stage.at)
    yield from _lacks(spelled)
    yield from _excluded_from_repository(spelled)
    yield from _bound_twice(spelled)
    for step in found:
        for expression in step.expressions:
            yield from _reference_defects(expression, step.step, spelled, all_spelled)
        if step.mistake:
            hint = 'Write "$${" for a "${" that is meant for somebody else, such as a shell.'
            yield Problem("malformed-expression", f"{what}: {step.mistake}.", stage.at, hint)


def _lacks(stage: ResolvedStage) -> Iterator[Problem]:
    """Find steps that lack what an earlier step of the stage would give them."""
    what = f'stage "{stage.name}"'
    if stage.run and stage.run.image == OWN_IMAGE and not stage.build:
        hint = "Give it build=VARIANT, or Run(image=stage.image_id)."
        yield Problem("no-image", f"{what} has no image to run.", stage.at, hint)
    if stage.publish and stage.publish.image == OWN_IMAGE and not stage.build:
        hint = "Give it build=VARIANT, or Publish(image=stage.image_id)."
        yield Problem("no-image", f"{what} has no image to publish.", stage.at, hint)
    if not stage.run and any(files.container == OWN_CONTAINER for files in stage.copy):
        hint = "Give it run=…, or Artifact(…, container=stage.container)."
        yield Problem("no-container", f"{what} has no container to copy files from.", stage.at, hint)
    deploys = stage.deploy and not (stage.deploy.image and stage.deploy.tag)
    if not stage.publish and (deploys or any(not promotion.version for promotion in stage.promote)):
        hint = "Give it publish=True, or say which image is meant."
        yield Problem("no-image", f"{what} has no published image to deploy.", stage.at, hint)


def _excluded_from_repository(stage: ResolvedStage) -> Iterator[Problem]:
    if stage.build and stage.build.repository and stage.build.excludes:
        message = f'stage "{stage.name}" excludes files from a context that is a git repository.'
        yield Problem("excludes-from-url", message, stage.at, "Keep them out in its own .dockerignore.")


def _bound_twice(stage: ResolvedStage) -> Iterator[Problem]:
    own = {"stage": "every stage"} | {
        name: f"its {step} step" for step in stage.steps for name in BOUND_BY.get(step, ())
    }
    for name in stage.exports:
        if name in own:
            message = f'stage "{stage.name}" exports "{name}", which {own[name]} gives already.'
            yield Problem("rebound-name", message, stage.at, "Export it by another name.")


def _reference_defects(
    expression: Expression, step: str, stage: ResolvedStage, siblings: Mapping[str, ResolvedStage]
) -> Iterator[Problem]:
    what = f'stage "{stage.name}": ${{{expression.namespace}.{expression.key}}}'
    namespace = expression.namespace
    if namespace == stage.name and not expression.in_loop:
        hint = f"Write ${{.{expression.key}}}."
        yield Problem("own-reference", f"{what} is the stage's own.", stage.at, hint)
    elif namespace == NAMESPACE:
        if not may_be_known(expression.key):
            message = f'{what}: there is no "{expression.key}" that every stage knows.'
            yield Problem("unbound-reference", message, stage.at, did_you_mean(expression.key, KEYS))
    elif namespace and namespace not in siblings:
        message = f'{what}: there is no stage "{namespace}" in its pipeline.'
        yield Problem("unknown-stage", message, stage.at, did_you_mean(namespace, siblings))
    else:
        yield from _unbound(expression, what, step, stage, siblings)


def _unbound(
    expression: Expression,
    what: str,
    step: str,
    stage: ResolvedStage,
    siblings: Mapping[str, ResolvedStage],
) -> Iterator[Problem]:
    source = siblings[expression.namespace] if expression.namespace not in ("", stage.name) else stage
    known = bound(source, before=step if source is stage else "")
    if step == "exports" and source is stage:
        known += tuple(stage.exports)
    is_default = f"${{.{expression.key}}}" in (OWN_IMAGE, OWN_CONTAINER) and source is stage
    if expression.key not in known and expression.default is None and not is_default:
        message = f'{what}: stage "{source.name}" gives no "{expression.key}".'
        yield Problem("unbound-reference", message, stage.at, did_you_mean(expression.key, known))
