"""One picture of a run in progress: a line per stage, made for a width and a height."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rich.text import Text

from pipeline_dsl.report.duration import duration, elapsed
from pipeline_dsl.report.line import measurable
from pipeline_dsl.report.state import State, tally

if TYPE_CHECKING:
    from pipeline_dsl.report.record import RunRecord, StageRecord, StepRecord

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS_PER_SECOND = 8
_NARROWEST_NAME = 12
"""Cells that a long name gets at least, on however narrow a terminal."""
_URGENCY = {state: rank for rank, state in enumerate(State)}


@dataclasses.dataclass(frozen=True)
class _Look:
    """What every line has to agree on: the moment, and the cells of its columns."""

    now: float
    names: int
    times: int


def frame(run: RunRecord, now: float, width: int, height: int) -> Text:
    """Draw a run.

    Arguments:
        run: the run.
        now: the clock.
        width: cells that a line may take.
        height: lines that the picture may take; where the stages are more, the most urgent are drawn and
            the rest counted.
    """
    if not run.stages:
        return Text()
    shown, hidden = _chosen(tuple(run.stages.values()), height - 1)
    names = min(run.name_width, max(_NARROWEST_NAME, width // 3))
    times = max(len(_time(stage, now)) for stage in shown)
    lines = [_line(stage, run, _Look(now, names, times)) for stage in shown]
    if hidden:
        lines.append(Text(f"… {len(hidden)} more: {tally(stage.state for stage in hidden)}", style="dim"))
    counts = tally(stage.state for stage in run.stages.values())
    lines.append(Text(f"  {elapsed(now - run.since)} · {counts}", style="dim"))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Text("\n").join(lines)


def _chosen(
    stages: tuple[StageRecord, ...], room: int
) -> tuple[tuple[StageRecord, ...], tuple[StageRecord, ...]]:
    """Part the stages in those that are shown in so many lines, and those that are only counted."""
    if len(stages) <= room:
        return stages, ()
    urgent = tuple(sorted(stages, key=lambda stage: _URGENCY[stage.state]))
    room = max(1, room - 1)
    return urgent[:room], urgent[room:]


def _line(stage: StageRecord, run: RunRecord, look: _Look) -> Text:
    name = Text(measurable(stage.name))
    name.truncate(look.names, overflow="ellipsis", pad=True)
    idle = stage.state in {State.WAITING, State.NOT_RUN}
    return Text.assemble(
        (_mark(stage, look.now), stage.state.style),
        " ",
        (name.plain, "dim" if idle else ""),
        (f"  {_time(stage, look.now):>{look.times}}  ", "dim"),
        _activity(stage, run),
    )


def _mark(stage: StageRecord, now: float) -> str:
    if stage.state is State.RUNNING:
        return _SPINNER[int(now * _TURNS_PER_SECOND) % len(_SPINNER)]
    return stage.state.mark


def _time(stage: StageRecord, now: float) -> str:
    match stage.state:
        case State.WAITING | State.NOT_RUN:
            return ""
        case State.RUNNING:
            return elapsed(now - stage.since)
        case _:
            return duration(stage.seconds)


def _activity(stage: StageRecord, run: RunRecord) -> Text:
    match stage.state:
        case State.WAITING:
            return Text(_waiting(stage, run), style="dim")
        case State.RUNNING:
            return Text(" ").join(_working(step) for step in stage.steps if step.state is State.RUNNING)
        case _:
            return _over(stage)


def _waiting(stage: StageRecord, run: RunRecord) -> str:
    states = {other.id.stage: other.state for other in run.stages.values() if _related(stage, other)}
    unmet = [name for name in stage.needs if states.get(name) is not State.PASSED]
    return f"waits for {', '.join(unmet)}" if unmet else "waiting"


def _related(stage: StageRecord, other: StageRecord) -> bool:
    return stage.id.pipeline == other.id.pipeline


def _working(step: StepRecord) -> Text:
    last = f" · {measurable(step.last)}" if step.last else ""
    return Text.assemble(measurable(step.label), (last, "dim"))


def _over(stage: StageRecord) -> Text:
    """Say how a stage ended and, where it did not pass, at what."""
    culprits = (step for step in stage.steps if step.state is stage.state is not State.PASSED)
    details = (f"{step.label}: {step.detail}" if step.detail else step.label for step in culprits)
    text = "  ".join([stage.reason] if stage.reason else details)
    return Text.assemble((stage.state.value, stage.state.style), ("  " if text else ""), measurable(text))
