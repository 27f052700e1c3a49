"""A step that failed, printed as one block: a heading, all of its output, and why it failed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from pipeline_dsl.report.line import clean_lines, painted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from pipeline_dsl.report.record import StageRecord, StepRecord

_LINES_AT_ONCE = 500
"""Each print draws the live view anew, so a long output is not printed line by line."""


def print_failure(console: Console, stage: StageRecord, step: StepRecord, output: Iterable[str]) -> None:
    """Print a failed step.

    Arguments:
        console: where to print.
        stage: the stage of the step.
        step: the step.
        output: every line that it printed.
    """
    lines = itertools.chain(
        [_heading(console, stage, step)],
        (painted(line, console) for line in output),
        ([Text(), *problem_lines(step.problem), Text()] if step.problem else [Text()]),
    )
    for chunk in _chunks(lines):
        console.print(*chunk, sep="\n", soft_wrap=True)


def problem_lines(problem: str) -> Iterator[Text]:
    """Give the lines of a problem, indented.

    Arguments:
        problem: the engine's text, any number of lines.
    """
    return (Text(f"  {line}", style="red") for line in clean_lines(problem))


def _heading(console: Console, stage: StageRecord, step: StepRecord) -> Text:
    where = f"{stage.id.pipeline}/{stage.id.stage}: {step.label}"
    words = f"── {step.state.mark} {where}: {step.outcome} "
    return Text(words + "─" * (console.width - cell_len(words)), style=f"bold {step.state.style}")


def _chunks(lines: Iterable[Text]) -> Iterator[tuple[Text, ...]]:
    rest = iter(lines)
    return iter(lambda: tuple(itertools.islice(rest, _LINES_AT_ONCE)), ())
