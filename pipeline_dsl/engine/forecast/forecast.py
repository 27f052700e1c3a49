"""Walking through the stages of a plan, to say what would become of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.engine.actions.failure import blamed_on
from pipeline_dsl.engine.forecast import builds, runs
from pipeline_dsl.engine.forecast.document import CACHED, Forecast, Foretold, StageForecast, StepForecast
from pipeline_dsl.engine.forecast.images import Images
from pipeline_dsl.engine.forecast.prospect import Prospect
from pipeline_dsl.engine.forecast.seen import Seen
from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.engine.outline import stage_id
from pipeline_dsl.engine.scope import Values
from pipeline_dsl.engine.titles import title
from pipeline_dsl.errors import PipelineError
from pipeline_dsl.plan.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.forecast.sight import Sight
    from pipeline_dsl.engine.work import Options
    from pipeline_dsl.plan import Plan

Foretell: TypeAlias = "Callable[[Prospect], Foretold]"
"""Says what would become of a step."""


def forecast(plan: Plan, options: Options, sight: Sight, directory: Path) -> Forecast:
    """Say what a run would do with each step, and why.

    Nothing is built, run, pulled, pushed or kept for it. What is only known when earlier steps are done is
    said to be so.

    Arguments:
        plan: what there is to do.
        options: how the run would be.
        sight: what can be seen of the engine and of earlier runs.
        directory: a directory for files of earlier runs, which the caller removes.

    Raises:
        EngineError: the engine fails while it is asked.
    """
    values, seen = Values(plan.setup), Seen(plan)
    images = Images(plan, sight, seen, directory)
    stages = tuple(
        _stage(Prospect(plan, planned, values.scope(stage_id(planned)), options, sight, seen, images))
        for planned in plan.stages
    )
    return Forecast(plan.project, tuple(filter(None, (sight.problem, *sight.memory.problems))), stages)


def _stage(prospect: Prospect) -> StageForecast:
    planned = prospect.planned
    steps = []
    for kind in planned.stage.steps:
        prospect.told[kind] = told = _step(prospect, kind)
        steps.append(StepForecast(kind, title(planned, kind, prospect.scope.glance), told))
    return StageForecast(prospect.id, planned.needs, tuple(steps))


def _step(prospect: Prospect, kind: str) -> Foretold:
    foretell = _STEPS.get(kind)
    if foretell is None:
        return Foretold(f"will {kind}")
    try:
        with blamed_on(prospect.planned.stage.at):
            return foretell(prospect)
    except PipelineError as error:
        problem = error.problems[0]
        return Foretold("will fail", problem.message, (Reason("problem", str(problem)),))


def _exports(prospect: Prospect) -> Foretold:
    """Say what would become of values for later stages: nothing is done for them."""
    is_known = True
    for name, value in prospect.planned.stage.exports.items():
        try:
            prospect.scope.bind(name, prospect.scope.value(value))
        except UnknownError:
            prospect.leave_open(name)
            is_known = False
    are_others_cached = all(told.is_cached for told in prospect.told.values())
    return Foretold(CACHED if is_known and are_others_cached else "will export")


def _pushes(prospect: Prospect) -> Foretold:
    from pipeline_dsl.engine.forecast import pushes  # noqa: PLC0415 -- few plans need what it loads

    return pushes.foretell(prospect)


_STEPS: Mapping[str, Foretell] = {
    "build": builds.foretell,
    "run": runs.foretell,
    "copy": runs.foretell_copy,
    "publish": _pushes,
    "exports": _exports,
}
