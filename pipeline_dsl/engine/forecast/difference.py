"""What differs between two forecasts, such as those of two revisions of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.record import Record
from pipeline_dsl.engine.forecast.document import Foretold, StageForecast, StepForecast
from pipeline_dsl.plan.reasons import Reason, image_reasons, publish_reasons, run_reasons, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.events import StageId
    from pipeline_dsl.engine.forecast.document import Basis, Forecast

_EXPLAIN = {"run": run_reasons, "publish": publish_reasons}


def differences(ours: Forecast, theirs: Forecast, *, is_whole: bool) -> tuple[StageForecast, ...]:
    """Say which steps do not depend on the same.

    Arguments:
        ours: the one.
        theirs: the other one, of all stages that there are.
        is_whole: whether the one is of all stages, too.

    Returns:
        The stages that have such steps, with these only. Their states are ``new``, ``gone``, ``differs`` and
        ``may differ``.
    """
    there = {(stage.id, step.kind): step for stage in theirs.stages for step in stage.steps}
    here = {(stage.id, step.kind) for stage in ours.stages for step in stage.steps}
    found = [_differing(stage, there) for stage in ours.stages]
    if is_whole:
        found += [_gone(stage, here) for stage in theirs.stages]
    return tuple(stage for stage in found if stage.steps)


def _differing(stage: StageForecast, there: dict[tuple[StageId, str], StepForecast]) -> StageForecast:
    pairs = [(step, there.get((stage.id, step.kind))) for step in stage.steps]
    compared = [_compared(step, other) for step, other in pairs]
    return StageForecast(stage.id, stage.needs, tuple(step for step in compared if step))


def _gone(stage: StageForecast, here: set[tuple[StageId, str]]) -> StageForecast:
    gone = [step for step in stage.steps if (stage.id, step.kind) not in here]
    steps = (StepForecast(step.kind, step.title, Foretold("gone")) for step in gone)
    return StageForecast(stage.id, stage.needs, tuple(steps))


def _compared(step: StepForecast, other: StepForecast | None) -> StepForecast | None:
    if other is None:
        return StepForecast(step.kind, step.title, Foretold("new", basis=step.told.basis))
    one, two = step.told.basis, other.told.basis
    if one and two:
        return None if one.key.digest == two.key.digest else _differs(step, one, two)
    unknown = next((told for told in (step.told, other.told) if told.basis is None and told.reasons), None)
    if unknown is None:  # it is a step that has no key
        return None
    return StepForecast(step.kind, step.title, Foretold("may differ", unknown.reason, unknown.reasons))


def _differs(step: StepForecast, one: Basis, two: Basis) -> StepForecast:
    reasons = tuple(_reasons(one, two))
    return StepForecast(step.kind, step.title, Foretold("differs", summary(reasons), reasons, one))


def _reasons(one: Basis, two: Basis) -> Iterator[Reason]:
    """Say why two keys differ, as if the one had followed the other."""
    key = two.key
    before = Record(key.kind, key.digest, "", key.components, {"bases": list(two.bases)}, 0, 0)
    if key.kind in _EXPLAIN:
        yield from _EXPLAIN[key.kind](one.key.components, before)
        return
    are_files_same = one.key.components["files"] == key.components["files"]
    files, last_files = (None, None) if are_files_same else (one.files(), two.files())
    yield from image_reasons(one.key.components, before, bases=one.bases, files=files, last_files=last_files)
