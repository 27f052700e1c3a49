"""Plans in the plain form that the fast path reads; not all have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.outline import outlines
from pipeline_dsl.plan.containers import plain_components
from pipeline_dsl.plan.keys import image_ingredients
from pipeline_dsl.resolve.steps import OWN_IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_dsl.engine.events import StepOutline
    from pipeline_dsl.fastpath.document import BuildPlan, Document, RunPlan, StagePlan, StepPlan
    from pipeline_dsl.plan import Plan, PlannedBuild, PlannedStage

_STEPS = frozenset({"build", "run", "copy"})
"""The steps that the fast path can tell to be cached. Others ask a registry, or are for others to see."""


def lowered(
    plan: Plan, root: str, warnings: Sequence[str], label: Callable[[StepOutline], str]
) -> Document | None:
    """Write a plan in plain form.

    Arguments:
        plan: the plan.
        root: the project's root directory, as the document is to name it.
        warnings: what is said before anything is done.
        label: writes a step's kind and title as they are shown.

    Returns:
        The plain form; None for a plan that is not known in full before it runs, or has steps that are taken
        each time.
    """
    if not all(map(_is_plain, plan.stages)):
        return None
    builds = list(dict.fromkeys(stage.build for stage in plan.stages if stage.build))
    if len({build.parameters.platform for build in builds}) > 1:
        return None
    numbers = {build: number for number, build in enumerate(builds)}
    several = len(plan.pipelines) > 1
    stages: list[StagePlan] = [
        {
            "name": f"{outline.id.pipeline}/{outline.id.stage}" if several else outline.id.stage,
            "steps": [_step(plan, stage, step, numbers, label(step)) for step in outline.steps],
        }
        for stage, outline in zip(plan.stages, outlines(plan), strict=True)
    ]
    return {
        "root": root,
        "platform": builds[0].parameters.platform if builds else "",
        "warnings": list(warnings),
        "builds": [_build(plan, build) for build in builds],
        "stages": stages,
    }


def _is_plain(stage: PlannedStage) -> bool:
    """Tell whether all that a stage does is known, and holds until something changes."""
    if not _STEPS.issuperset(stage.stage.steps) or stage.build is None or stage.build.is_open:
        return False
    if stage.build.source.pull == "always":
        return False
    run = stage.stage.run
    if run is None:
        return True
    is_own = run.image == OWN_IMAGE and not run.services and plain_components(stage) is not None
    return stage.is_cacheable and stage.stage.cache == "success" and is_own


def _step(
    plan: Plan, stage: PlannedStage, step: StepOutline, numbers: dict[PlannedBuild, int], label: str
) -> StepPlan:
    build = numbers[stage.build] if stage.build and step.kind != "copy" else None
    components = plain_components(stage) if step.kind == "run" else None
    run: RunPlan | None = None
    if components is not None:
        subject = f"{plan.project}/{stage.pipeline}/{stage.name}"
        run = {"subject": subject, "components": components}
    return {"kind": step.kind, "label": label, "build": build, "run": run}


def _build(plan: Plan, build: PlannedBuild) -> BuildPlan:
    context = build.context
    if context is None:
        raise ValueError("an open build has no plain form")
    return {
        "subject": f"{plan.project}/{build.variant}",
        "tags": list(build.tags),
        "ingredients": image_ingredients(build),
        "bases": list(build.dockerfile.images),
        "directory": build.source.directory,
        "selections": [(list(one.sources), list(one.exclude), one.prefix) for one in context.selections],
        "excludes": list(context.excludes),
    }
