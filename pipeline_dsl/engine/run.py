"""Running a plan: pipeline after pipeline, and within each every stage as soon as it can."""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import (
    RunEnded,
    RunStarted,
    StageEnded,
    StageId,
    StageOutline,
    Status,
)
from pipeline_dsl.engine.scheduler import Schedule
from pipeline_dsl.engine.stage import RUN_LABEL, StageRunner, outline
from pipeline_dsl.engine.steps.build import Builds
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.events import Emit, Event
    from pipeline_dsl.plan import Plan, PlannedStage


@dataclasses.dataclass(frozen=True)
class Options:
    """How to run a plan.

    Arguments:
        jobs: how many stages may run at the same time.
        keep_going: whether stages that do not need a failed one still run.
        pull: whether base images are pulled even if the engine has them.
    """

    jobs: int
    keep_going: bool = False
    pull: bool = False


def run(plan: Plan, docker: Docker, options: Options, emit: Emit) -> Status:
    """Run a plan and say how it ended.

    A KeyboardInterrupt ends everything that was started; the status is then CANCELLED. No container
    is left behind, whatever happens.

    Arguments:
        plan: what to do.
        docker: the engine to do it with.
        options: how to do it.
        emit: takes what happens; never called by two threads at once.
    """
    return _Run(plan, docker, options, _one_at_a_time(emit)).run()


def outlines(plan: Plan) -> tuple[StageOutline, ...]:
    """Say what stages a plan has, and what they are going to do."""
    stages = (stage for pipeline in plan.pipelines for stage in pipeline)
    return tuple(StageOutline(_id(stage), outline(stage), stage.needs) for stage in stages)


class _Run:
    def __init__(self, plan: Plan, docker: Docker, options: Options, emit: Emit) -> None:
        self._plan = plan
        self._docker = docker
        self._options = options
        self._emit = emit
        self._id = secrets.token_hex(4)
        self._cancel = threading.Event()
        self._statuses: dict[StageId, Status] = {}
        builds = Builds(docker, pull=options.pull, cancel=self._cancel)
        self._runner = StageRunner(
            docker, builds, emit, project=plan.project, run_id=self._id, cancel=self._cancel
        )

    def run(self) -> Status:
        start = time.monotonic()
        stages = [stage for pipeline in self._plan.pipelines for stage in pipeline]
        self._emit(RunStarted(self._plan.project, outlines(self._plan)))
        interrupted = False
        try:
            for pipeline in self._plan.pipelines:
                self._run_pipeline(pipeline)
        except KeyboardInterrupt:
            interrupted = True
        problems = self._clean_up()
        for stage in stages:
            if _id(stage) not in self._statuses:
                self._emit(
                    StageEnded(_id(stage), Status.NOT_RUN, 0, self._reason(stage, interrupted=interrupted))
                )
        status = Status.CANCELLED if interrupted else _worst(self._statuses.values())
        self._emit(RunEnded(status, time.monotonic() - start, problems))
        return status

    def _run_pipeline(self, pipeline: tuple[PlannedStage, ...]) -> None:
        stages = {stage.name: stage for stage in pipeline}

        def work(name: str) -> bool:
            status = self._runner.run(stages[name])
            self._statuses[_id(stages[name])] = status
            return status is Status.PASSED

        needs = {name: stage.needs for name, stage in stages.items()}
        jobs, keep_going = self._options.jobs, self._options.keep_going
        Schedule(needs, work, jobs, keep_going=keep_going, cancel=self._cancel).run()

    def _reason(self, stage: PlannedStage, *, interrupted: bool) -> str:
        """Say why a stage was not run."""
        for name in stage.needs:
            status = self._statuses.get(StageId(stage.pipeline, name), Status.NOT_RUN)
            if status is not Status.PASSED:
                return f"{name} {_PREDICATES[status]}"
        return "interrupted" if interrupted else "the run had ended"

    def _clean_up(self) -> tuple[str, ...]:
        """Remove what a second interrupt or a crash of a thread may have left."""
        try:
            self._docker.remove_containers(f"{RUN_LABEL}={self._id}")
        except EngineError as error:
            return (f"Containers of this run may be left, with the label {RUN_LABEL}={self._id}: {error}",)
        return ()


_PREDICATES = {
    Status.FAILED: "failed",
    Status.BROKEN: "could not be finished",
    Status.CANCELLED: "was cancelled",
    Status.NOT_RUN: "was not run",
}


def _one_at_a_time(emit: Emit) -> Emit:
    lock = threading.Lock()

    def emit_alone(event: Event) -> None:
        with lock:
            emit(event)

    return emit_alone


def _id(stage: PlannedStage) -> StageId:
    return StageId(stage.pipeline, stage.name)


def _worst(statuses: Iterable[Status]) -> Status:
    order = (Status.BROKEN, Status.FAILED, Status.CANCELLED)
    found = set(statuses)
    return next((status for status in order if status in found), Status.PASSED)
