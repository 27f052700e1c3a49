"""What is known of a run at one moment: the sum of its events so far."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rich.cells import cell_len

from pipeline_dsl.engine import events
from pipeline_dsl.report.duration import duration
from pipeline_dsl.report.line import clean
from pipeline_dsl.report.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_LAST = 500
"""Characters kept of a step's last line: more than any terminal is wide."""


@dataclasses.dataclass(frozen=True)
class StepRecord:
    """What is known of a step.

    Arguments:
        kind: its kind, unique in its stage.
        label: its kind and title, on one line.
        state: where it has got to.
        since: the clock when it started.
        seconds: how long it took, once it is over.
        detail: its outcome in a few words, on one line.
        problem: why it did not pass, as the engine said it.
        last: its last line of output that is not blank, cleaned, each run of blanks made one.
    """

    kind: str
    label: str
    state: State = State.WAITING
    since: float = 0
    seconds: float = 0
    detail: str = ""
    problem: str = ""
    last: str = ""

    @property
    def outcome(self) -> str:
        """How it ended, such as ``failed after 3.2 s, exit code 1``."""
        return f"{ended(self.state, self.seconds)}{', ' if self.detail else ''}{self.detail}"


@dataclasses.dataclass(frozen=True)
class StageRecord:
    """What is known of a stage.

    Arguments:
        id: its id.
        name: its name as shown: with its pipeline's where a run has several.
        steps: its steps in order.
        needs: names of the stages of its pipeline that it waits for.
        state: where it has got to.
        since: the clock when it started.
        seconds: how long it took, once it is over.
        reason: why it was not run.
    """

    id: events.StageId
    name: str
    steps: tuple[StepRecord, ...]
    needs: tuple[str, ...]
    state: State = State.WAITING
    since: float = 0
    seconds: float = 0
    reason: str = ""

    def step(self, kind: str) -> StepRecord:
        """Give a step.

        Arguments:
            kind: the step's kind.
        """
        return next(step for step in self.steps if step.kind == kind)


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What is known of a run.

    Arguments:
        stages: its stages, in an order in which they could run one by one.
        state: where it has got to.
        since: the clock when it started.
        seconds: how long it took, once it is over.
        problems: troubles that belong to no stage.
        name_width: cells that the longest name of a stage takes.
    """

    stages: Mapping[events.StageId, StageRecord] = dataclasses.field(default_factory=dict)
    state: State = State.WAITING
    since: float = 0
    seconds: float = 0
    problems: tuple[str, ...] = ()
    name_width: int = 0

    def after(self, event: events.Event, now: float) -> RunRecord:
        """Give what is known once an event has happened.

        Arguments:
            event: the event.
            now: the clock, in seconds since any fixed moment.
        """
        match event:
            case events.RunStarted():
                return _run_started(event, now)
            case events.RunEnded():
                return _run_ended(self, event)
            case _:
                stage = _stage_after(self.stages[event.stage], event, now)
                return dataclasses.replace(self, stages={**self.stages, event.stage: stage})


def ended(state: State, seconds: float) -> str:
    """Say how something ended and how long it took, such as ``passed in 12 s``.

    Arguments:
        state: how it ended.
        seconds: how long it took; of no interest where it was not run.
    """
    match state:
        case State.NOT_RUN | State.CACHED:
            return f"{state.value}"
        case State.PASSED:
            return f"{state.value} in {duration(seconds)}"
        case _:
            return f"{state.value} after {duration(seconds)}"


def _run_started(event: events.RunStarted, now: float) -> RunRecord:
    stages = _outlined(event)
    width = max((cell_len(stage.name) for stage in stages.values()), default=0)
    return RunRecord(stages, State.RUNNING, since=now, name_width=width)


def _outlined(event: events.RunStarted) -> dict[events.StageId, StageRecord]:
    several = len({stage.id.pipeline for stage in event.stages}) > 1
    return {
        stage.id: StageRecord(
            id=stage.id,
            name=f"{stage.id.pipeline}/{stage.id.stage}" if several else stage.id.stage,
            steps=tuple(StepRecord(step.kind, label(step)) for step in stage.steps),
            needs=stage.needs,
        )
        for stage in event.stages
    }


def label(step: events.StepOutline) -> str:
    """Write the kind and the title of a step, on one line.

    Arguments:
        step: the step.
    """
    return clean(f"{step.kind} {step.title}").strip()


def _run_ended(run: RunRecord, event: events.RunEnded) -> RunRecord:
    return dataclasses.replace(
        run, state=State(event.status.value), seconds=event.seconds, problems=event.problems
    )


def _stage_after(
    stage: StageRecord,
    event: events.StageStarted
    | events.StepStarted
    | events.StepOutput
    | events.StepEnded
    | events.StageEnded,
    now: float,
) -> StageRecord:
    match event:
        case events.StageStarted():
            return dataclasses.replace(stage, state=State.RUNNING, since=now)
        case events.StageEnded():
            return dataclasses.replace(
                stage, state=State(event.status.value), seconds=event.seconds, reason=clean(event.reason)
            )
        case events.StepStarted():
            return _with_step(stage, event.step, lambda step: _step_started(step, event, now))
        case events.StepOutput():
            return _with_step(stage, event.step, lambda step: _step_printed(step, event))
        case events.StepEnded():
            return _with_step(stage, event.step, lambda step: _step_ended(step, event))


def _with_step(
    stage: StageRecord, outline: events.StepOutline, change: Callable[[StepRecord], StepRecord]
) -> StageRecord:
    steps = tuple(change(step) if step.kind == outline.kind else step for step in stage.steps)
    return dataclasses.replace(stage, steps=steps)


def _step_started(step: StepRecord, event: events.StepStarted, now: float) -> StepRecord:
    # The title may have become clearer since the outline, for what it refers to now has a value.
    return dataclasses.replace(step, label=label(event.step), state=State.RUNNING, since=now)


def _step_printed(step: StepRecord, event: events.StepOutput) -> StepRecord:
    line = " ".join(clean(event.line).split())
    return dataclasses.replace(step, last=line[:_LONGEST_LAST]) if line else step


def _step_ended(step: StepRecord, event: events.StepEnded) -> StepRecord:
    return dataclasses.replace(
        step,
        state=State(event.status.value),
        seconds=event.seconds,
        detail=clean(event.detail),
        problem=event.problem,
    )
