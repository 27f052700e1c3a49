"""A run as a picture that keeps changing, for people at a terminal."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Self

from rich.live import Live

from pipeline_dsl.engine import events
from pipeline_dsl.report.failure import print_failure
from pipeline_dsl.report.frame import frame
from pipeline_dsl.report.record import RunRecord
from pipeline_dsl.report.spool import Spool
from pipeline_dsl.report.state import TROUBLES
from pipeline_dsl.report.summary import print_summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import Console
    from rich.text import Text

_PICTURES_PER_SECOND = 8


class LiveReport:
    """Shows a line per stage; prints the output of steps that fail above, and a summary at the end.

    Arguments:
        console: the terminal.
        clock: seconds since any fixed moment.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        # Replaced as a whole by each event, so that the thread that draws needs no lock to read it.
        self._run = RunRecord()
        self._spools: defaultdict[events.StageId, Spool] = defaultdict(Spool)
        self._live = Live(
            console=console,
            get_renderable=self._frame,
            refresh_per_second=_PICTURES_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        for spool in self._spools.values():
            spool.close()
        print_summary(self._console, self._run, self._clock())

    def __call__(self, event: events.Event) -> None:
        """Take an event into the picture.

        Arguments:
            event: the event.
        """
        self._run = self._run.after(event, self._clock())
        match event:
            case events.StepOutput():
                self._spools[event.stage].add(event.line)
            case events.StepEnded():
                self._end_step(event)
            case _:
                pass

    def _end_step(self, event: events.StepEnded) -> None:
        stage = self._run.stages[event.stage]
        step = stage.step(event.step.kind)
        with self._spools[event.stage] as spool:
            if step.state in TROUBLES:
                print_failure(self._console, stage, step, spool.lines())
        del self._spools[event.stage]

    def _frame(self) -> Text:
        # One row stays free: a picture as high as the terminal could not be taken back.
        return frame(self._run, self._clock(), self._console.width, self._console.height - 1)
