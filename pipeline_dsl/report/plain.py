"""A run as lines in the order in which things happen: for CI logs, pipes and simple terminals."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.text import Text

from pipeline_dsl.engine import events
from pipeline_dsl.report.failure import problem_lines
from pipeline_dsl.report.line import has_colour, painted
from pipeline_dsl.report.record import RunRecord
from pipeline_dsl.report.state import State
from pipeline_dsl.report.summary import print_summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import Console

    from pipeline_dsl.report.record import StageRecord


class PlainReport:
    """Prints each line as soon as it is known, and a summary at the end.

    Arguments:
        console: where to print.
        clock: seconds since any fixed moment.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._run = RunRecord()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._run.stages:
            self._print(Text())
        print_summary(self._console, self._run, self._clock())

    def __call__(self, event: events.Event) -> None:
        """Print what an event says.

        Arguments:
            event: the event.
        """
        self._run = self._run.after(event, self._clock())
        match event:
            case events.StepStarted():
                self._print_step_started(event)
            case events.StepOutput():
                self._print_output(event)
            case events.StepEnded():
                self._print_step_ended(event)
            case events.StageEnded(status=events.Status.NOT_RUN):
                self._print_not_run(self._run.stages[event.stage])
            case _:
                pass

    def _print_step_started(self, event: events.StepStarted) -> None:
        stage = self._run.stages[event.stage]
        self._print(Text(f"{stage.name}: {stage.step(event.step.kind).label}: started"))

    def _print_output(self, event: events.StepOutput) -> None:
        name = self._run.stages[event.stage].name
        padding = " " * (self._run.name_width - cell_len(name))
        line = painted(event.line, self._console)
        if event.stream is events.Stream.PROGRESS:
            line.stylize("dim")
        self._print(Text.assemble((f"{name}{padding} │ ", "dim"), line))

    def _print_step_ended(self, event: events.StepEnded) -> None:
        stage = self._run.stages[event.stage]
        step = stage.step(event.step.kind)
        self._print(Text(f"{stage.name}: {step.label}: {step.outcome}", style=step.state.style))
        for line in problem_lines(step.problem):
            self._print(line)

    def _print_not_run(self, stage: StageRecord) -> None:
        words = ": ".join(filter(None, (stage.name, State.NOT_RUN.value, stage.reason)))
        self._print(Text(words, style=State.NOT_RUN.style))

    def _print(self, line: Text) -> None:
        """Print a line, whole: a log's reader and the programs that search it do not want it wrapped."""
        if has_colour(self._console):
            self._console.print(line, soft_wrap=True)
        else:
            # Several times as fast as rich, and every stage waits while a line is printed.
            self._console.file.write(f"{line.plain}\n")
            self._console.file.flush()
