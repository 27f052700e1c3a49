"""Running a stage: its steps one after the other, and what they give to the stages after it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import textwrap
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.engine.docker import Cancelled, RunRequest
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
from pipeline_dsl.engine.steps.run import RunStep, run
from pipeline_dsl.errors import EngineError, PipelineError, Problem, StepError
from pipeline_dsl.plan import slug
from pipeline_dsl.resolve.expressions import Expression, interpolate

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import BuildResult, Docker
    from pipeline_dsl.engine.events import Emit
    from pipeline_dsl.engine.steps.build import Builds
    from pipeline_dsl.errors import Position
    from pipeline_dsl.plan import PlannedBuild, PlannedStage
    from pipeline_dsl.resolve import ResolvedRun

RUN_LABEL = "pipeline-dsl.run"
"""The label by which the containers of a run are known."""


class StageRunner:
    """Runs the stages of one run, several at a time.

    Arguments:
        docker: the engine.
        builds: the builds of the run.
        emit: takes what happens.
        project: name of the project.
        run_id: name of the run, unique on the engine.
        cancel: when set, stages end.
    """

    def __init__(  # noqa: PLR0913 -- what a run consists of
        self,
        docker: Docker,
        builds: Builds,
        emit: Emit,
        *,
        project: str,
        run_id: str,
        cancel: threading.Event,
    ) -> None:
        self._docker = docker
        self._builds = builds
        self._emit = emit
        self._project = project
        self._run_id = run_id
        self._cancel = cancel
        self._values: dict[StageId, dict[str, str]] = {}

    def run(self, stage: PlannedStage) -> Status:
        """Take the steps of a stage, up to the first that does not pass."""
        stage_id = StageId(stage.pipeline, stage.name)
        self._values[stage_id] = {"stage": stage.name}
        start = time.monotonic()
        self._emit(StageStarted(stage_id))
        status = Status.PASSED
        for step, take in self._steps(stage, stage_id):
            status = self._take(stage_id, step, take)
            if status is not Status.PASSED:
                break
        self._emit(StageEnded(stage_id, status, time.monotonic() - start))
        return status

    def _steps(self, stage: PlannedStage, stage_id: StageId) -> Iterator[tuple[StepOutline, _Take]]:
        outlines = {step.kind: step for step in outline(stage)}
        if stage.build is not None:
            yield outlines["build"], functools.partial(self._build, stage.build, stage_id)
        if stage.run is not None:
            yield outlines["run"], functools.partial(self._run, stage, stage.run)

    def _take(self, stage: StageId, step: StepOutline, take: _Take) -> Status:
        self._emit(StepStarted(stage, step))
        start, detail, problem = time.monotonic(), "", ""
        try:
            detail = take(_Output(self._emit, stage, step))
            status = Status.PASSED
        except Cancelled:
            status = Status.CANCELLED
        except EngineError as error:
            status, problem = Status.BROKEN, str(error)
        except _NonZeroExitError as error:
            status, detail, problem = Status.FAILED, error.detail, str(error)
        except PipelineError as error:
            status, problem = Status.FAILED, str(error)
        self._emit(StepEnded(stage, step, status, time.monotonic() - start, detail, problem))
        return status

    def _build(self, planned: PlannedBuild, stage: StageId, output: _Output) -> str:
        with _blamed_on(planned.variants[-1].at):
            result = self._builds.build(planned, output)
        self._values[stage]["imageID"] = result.image.removeprefix("sha256:")
        return _account(result)

    def _run(self, stage: PlannedStage, planned: ResolvedRun, output: _Output) -> str:
        stage_id = StageId(stage.pipeline, stage.name)
        step = RunStep(self._request(planned, stage_id), planned.tail)
        with _blamed_on(stage.at):
            result = run(step, self._docker, output, self._cancel)
        if result.exit_code:
            raise _NonZeroExitError(stage, result.exit_code)
        self._values[stage_id]["output"] = result.output
        return ""

    def _request(self, planned: ResolvedRun, stage: StageId) -> RunRequest:
        def evaluated(text: str) -> str:
            return interpolate(text, lambda expression: self._value(expression, stage))

        return RunRequest(
            image=evaluated(planned.image or "${.imageID}"),
            name=f"pipeline-dsl-{self._run_id}-{slug(stage.pipeline)}-{slug(stage.stage)}",
            entrypoint=None if planned.command is None else tuple(map(evaluated, planned.command)),
            arguments=tuple(map(evaluated, planned.arguments)) or None,
            environment={evaluated(name): evaluated(text) for name, text in planned.environment.items()},
            labels={RUN_LABEL: self._run_id, "pipeline-dsl.project": self._project},
        )

    def _value(self, expression: Expression, stage: StageId) -> str:
        source = StageId(stage.pipeline, expression.namespace) if expression.namespace else stage
        return self._values[source][expression.key]


class _NonZeroExitError(StepError):
    def __init__(self, stage: PlannedStage, exit_code: int) -> None:
        self.detail = f"exit code {exit_code}"
        message = f"{stage.run_title} ended with {self.detail}."
        super().__init__([Problem("non-zero-exit", message, stage.at)])


@contextlib.contextmanager
def _blamed_on(at: Position) -> Iterator[None]:
    """Give an author's line to the problems of a step that have none."""
    try:
        yield
    except StepError as error:
        problems = (dataclasses.replace(problem, at=problem.at or at) for problem in error.problems)
        raise StepError(problems) from error


class _Output:
    """Takes the lines of one step."""

    def __init__(self, emit: Emit, stage: StageId, step: StepOutline) -> None:
        self._emit = emit
        self._stage = stage
        self._step = step

    def __call__(self, stream: Stream, line: str) -> None:
        self._emit(StepOutput(self._stage, self._step, stream, line))


_Take: TypeAlias = Callable[[_Output], str]
"""Takes a step: gets where its output goes, gives its outcome in a few words."""


def outline(stage: PlannedStage) -> tuple[StepOutline, ...]:
    """Say what steps a stage has."""
    build = [StepOutline("build", stage.build.variant)] if stage.build else []
    return (*build, *([StepOutline("run", stage.run_title)] if stage.run else []))


def _account(result: BuildResult) -> str:
    """Say how much of a build was new, and what came first."""
    if not result.steps:  # Engine 20.10 tells only one of two builds of a step that they share
        return "no steps of its own"
    if not result.executed:
        return f"all {result.steps} steps cached"
    first = textwrap.shorten(result.executed[0], 60, placeholder=" …")
    return f"{len(result.executed)} of {result.steps} steps executed, from {first}"
