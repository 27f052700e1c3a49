"""What a run is going to do, in the words of its events; worked out without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import StageId, StageOutline, StepOutline
from pipeline_dsl.engine.scope import Values
from pipeline_dsl.engine.titles import title

if TYPE_CHECKING:
    from pipeline_dsl.plan import Plan, PlannedStage
    from pipeline_dsl.resolve.template import Lookup


def outlines(plan: Plan) -> tuple[StageOutline, ...]:
    """Say what stages a plan has, and what they are going to do."""
    values = Values(plan.setup)
    return tuple(
        StageOutline(stage_id(stage), outline(stage, values.known(stage_id(stage))), stage.needs)
        for stage in plan.stages
    )


def stage_id(planned: PlannedStage) -> StageId:
    """Name a stage within the run."""
    return StageId(planned.pipeline, planned.name)


def outline(planned: PlannedStage, lookup: Lookup) -> tuple[StepOutline, ...]:
    """Say what steps a stage has.

    Arguments:
        planned: the stage.
        lookup: gives the values that it knows already.
    """
    return tuple(StepOutline(kind, title(planned, kind, lookup)) for kind in planned.stage.steps)
