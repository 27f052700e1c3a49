"""Running a stage: its steps one after the other, and what they give to the stages after it."""

from __future__ import annotations

import collections
import dataclasses
import threading
import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.failure import FailedError, blamed_on
from pipeline_dsl.engine.actions.kinds import action
from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import (
    StageEnded,
    StageId,
    StageStarted,
    Status,
    StepEnded,
    StepOutline,
    StepOutput,
    StepStarted,
    Stream,
)
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.engine.outline import outline, stage_id
from pipeline_dsl.engine.titles import title
from pipeline_dsl.engine.work import Work
from pipeline_dsl.errors import EngineError, PipelineError

if TYPE_CHECKING:
    from pipeline_dsl.engine.events import Emit
    from pipeline_dsl.engine.scope import Values
    from pipeline_dsl.engine.work import Tools
    from pipeline_dsl.plan import PlannedStage


_LAST = 20
"""Lines of a failed step's output that whoever is told of it gets."""


_RESCUE = Limit(60, "the end of a run")
"""How long files may be copied out of a container whose program has failed."""


class StageRunner:
    """Runs the stages of one run, several at a time.

    Arguments:
        tools: what they work with.
        values: the values of all stages.
        emit: takes what happens.
    """

    def __init__(self, tools: Tools, values: Values, emit: Emit) -> None:
        self._tools = tools
        self._values = values
        self._emit = emit
        self.problems: list[str] = []
        """Troubles that belong to no stage, such as a mail that could not be sent."""

    def run(self, planned: PlannedStage) -> Status:
        """Take the steps of a stage, up to the first that does not pass, and tell of a failure.

        Files are copied out of a container even if what ran in it has failed.
        """
        stage = stage_id(planned)
        work = Work(planned, self._values.scope(stage), self._tools)
        start = time.monotonic()
        self._emit(StageStarted(stage))
        failure: StepEnded | None = None
        taken: list[Status] = []
        for step in outline(planned, work.scope.glance):
            if failure is None or _goes_on(step, failure):
                output = _Output(self._emit, stage, step)
                ended = self._take(_spared(work) if failure else work, step, output)
                taken.append(ended.status)
                if failure is None and not ended.status.is_good:
                    failure = ended
                    work.results.is_good = False
                    self._tell(work, failure, output)
        is_cached = bool(taken) and all(status is Status.CACHED for status in taken)
        status = failure.status if failure else Status.CACHED if is_cached else Status.PASSED
        self._emit(StageEnded(stage, status, time.monotonic() - start))
        return status

    def _take(self, work: Work, step: StepOutline, output: _Output) -> StepEnded:
        stage = work.scope.stage
        step = StepOutline(step.kind, title(work.planned, step.kind, work.scope.glance))
        self._emit(StepStarted(stage, step))
        start, detail, problem = time.monotonic(), "", ""
        status = Status.PASSED
        try:
            with blamed_on(work.planned.stage.at):
                outcome = action(step.kind).take(work, output)
            detail, status = outcome.detail, Status.CACHED if outcome.is_cached else Status.PASSED
        except Cancelled:
            status = Status.CANCELLED
        except EngineError as error:
            status, problem = Status.BROKEN, str(error)
        except FailedError as error:
            status, detail, problem = Status.FAILED, error.detail, str(error)
        except PipelineError as error:
            status, problem = Status.FAILED, str(error)
        ended = StepEnded(stage, step, status, time.monotonic() - start, detail, problem)
        self._emit(ended)
        return ended

    def _tell(self, work: Work, failure: StepEnded, output: _Output) -> None:
        if failure.status in (Status.FAILED, Status.BROKEN):
            from pipeline_dsl.engine.alarm import tell  # noqa: PLC0415 -- what sends mails is slow to load

            self.problems += tell(work, failure, tuple(output.last))


def _goes_on(step: StepOutline, failure: StepEnded) -> bool:
    """Tell whether a step is taken although an earlier one has failed.

    Files are copied out of a container that has ended, which only the few words about its end tell.
    """
    return step.kind == "copy" and failure.step.kind == "run" and bool(failure.detail)


def _spared(work: Work) -> Work:
    """Let a step end although another stage's failure ends the run meanwhile; it is not long."""
    deadline = Deadline(threading.Event(), _RESCUE)
    return dataclasses.replace(work, tools=dataclasses.replace(work.tools, cancel=deadline))


class _Output:
    """Takes the lines of one step."""

    def __init__(self, emit: Emit, stage: StageId, step: StepOutline) -> None:
        self._emit = emit
        self._stage = stage
        self._step = step
        self.last: collections.deque[str] = collections.deque(maxlen=_LAST)

    def __call__(self, stream: Stream, line: str) -> None:
        self.last.append(line)
        self._emit(StepOutput(self._stage, self._step, stream, line))
