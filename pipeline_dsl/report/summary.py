"""The end of a report: what became of every stage, what failed, and the result."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from pipeline_dsl.report.duration import duration
from pipeline_dsl.report.failure import problem_lines
from pipeline_dsl.report.line import clean_lines
from pipeline_dsl.report.record import ended
from pipeline_dsl.report.state import TROUBLES, State, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from pipeline_dsl.report.record import RunRecord, StageRecord, StepRecord

_NARROWEST = 20
"""Cells below which wrapping the last column makes it no more legible."""

_WIDEST_LAST = 60
"""Cells of a last line that are enough to recognise it."""


@dataclasses.dataclass(frozen=True)
class _Row:
    name: str
    state: State
    time: str
    text: str


def print_summary(console: Console, run: RunRecord, now: float) -> None:
    """Print the summary of a run; nothing for one that never started.

    Arguments:
        console: where to print.
        run: the run. One that has not ended was interrupted, and what was still running is shown as such.
        now: the clock.
    """
    if run.state is State.WAITING:
        return
    blocks = (
        list(_table(console, run, now)),
        [line for stage in run.stages.values() for line in _failures(stage)],
        [Text(line, style="yellow") for problem in run.problems for line in _marked(problem)],
        [_result(run, now)],
    )
    paragraphs = (Text("\n").join(block) for block in blocks if block)
    console.print(*paragraphs, sep="\n\n", soft_wrap=True)


def _table(console: Console, run: RunRecord, now: float) -> Iterator[Text]:
    rows = [row for stage in run.stages.values() for row in _rows(stage, now)]
    states = max((len(row.state.value) for row in rows), default=0)
    times = max((len(row.time) for row in rows), default=0)
    for row in rows:
        columns = Text.assemble(
            (row.state.mark, row.state.style),
            f" {row.name}{' ' * (run.name_width - cell_len(row.name))}  ",
            (row.state.value.ljust(states), row.state.style),
            (f"  {row.time:>{times}}{'  ' * bool(row.text)}", "dim"),
        )
        yield _hung(console, columns, Text(row.text))


def _rows(stage: StageRecord, now: float) -> Iterator[_Row]:
    """Give a row per step, and one for the stage where its steps do not tell its state."""
    name = stage.name
    steps = stage.steps if stage.state not in {State.WAITING, State.NOT_RUN} else ()
    if stage.state not in {step.state for step in steps}:
        yield _Row(name, stage.state, _time(stage, now), stage.reason or _unmet(stage))
        name = ""
    for step in steps:
        state = State.NOT_RUN if step.state is State.WAITING else step.state
        yield _Row(name, state, _time(step, now), _step_text(step))
        name = ""


def _unmet(stage: StageRecord) -> str:
    return f"needs {', '.join(stage.needs)}" if stage.needs and stage.state is State.WAITING else ""


def _time(record: StageRecord | StepRecord, now: float) -> str:
    if record.state in {State.WAITING, State.NOT_RUN}:
        return ""
    return duration(now - record.since if record.state is State.RUNNING else record.seconds)


def _step_text(step: StepRecord) -> str:
    if step.detail:
        return f"{step.label}: {step.detail}"
    # Where nothing else says what it was at, its last line does.
    at = step.last if step.state in {State.RUNNING, State.CANCELLED} else ""
    return f"{step.label} · {_cut(at)}" if at else step.label


def _cut(line: str) -> str:
    text = Text(line)
    text.truncate(_WIDEST_LAST, overflow="ellipsis")
    return text.plain


def _hung(console: Console, columns: Text, text: Text) -> Text:
    """Put a text behind columns: wrapped below itself on a terminal, in one line for other programs."""
    room = max(_NARROWEST, console.width - columns.cell_len)
    lines = text.wrap(console, room) if console.is_terminal else [text]
    for line in lines:
        line.rstrip()
    return columns.append_text(Text(f"\n{' ' * columns.cell_len}").join(lines))


def _failures(stage: StageRecord) -> Iterator[Text]:
    for step in stage.steps:
        if step.state in TROUBLES:
            yield Text(f"{step.state.mark} {stage.name}: {step.label}: {step.outcome}", style="bold red")
            yield from list(problem_lines(step.problem))[:1]


def _marked(problem: str) -> Iterator[str]:
    return (f"{'! ' if not index else '  '}{line}" for index, line in enumerate(clean_lines(problem)))


def _result(run: RunRecord, now: float) -> Text:
    interrupted = run.state is State.RUNNING
    words = f"interrupted after {duration(now - run.since)}" if interrupted else ended(run.state, run.seconds)
    counts = tally(stage.state for stage in run.stages.values())
    return Text.assemble((words, f"bold {run.state.style}"), f": {counts or 'no stages'}")
