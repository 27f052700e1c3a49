"""Running a plan: pipeline after pipeline, and within each every stage as soon as it can."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import RunEnded, RunStarted, StageEnded, StageId, Status
from pipeline_dsl.engine.leftovers import clean_up, sweep
from pipeline_dsl.engine.limit import setting_limit
from pipeline_dsl.engine.masking import masked
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.outline import outlines, stage_id
from pipeline_dsl.engine.scheduler import Schedule
from pipeline_dsl.engine.scope import Values
from pipeline_dsl.engine.stage import StageRunner
from pipeline_dsl.engine.steps.bases import Bases
from pipeline_dsl.engine.steps.build import BuildRules, Builds
from pipeline_dsl.engine.work import Tools
from pipeline_dsl.settings import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.events import Emit, Event
    from pipeline_dsl.engine.leftovers import RunDirectory
    from pipeline_dsl.engine.work import Options
    from pipeline_dsl.plan import Plan, PlannedStage


def run(  # noqa: PLR0913 -- what to do, with what, how, and where it is told, kept and remembered
    plan: Plan,
    docker: Docker,
    options: Options,
    emit: Emit,
    directory: RunDirectory,
    *,
    memory: Memory | None = None,
) -> Status:
    """Run a plan and say how it ended.

    A KeyboardInterrupt ends everything that was started; the status is then CANCELLED. Containers, networks
    and temporary images and files are gone afterwards, whatever happens; those of earlier runs that were
    killed go first.

    Arguments:
        plan: what to do.
        docker: the engine to do it with.
        options: how to do it.
        emit: takes what happens; never called by two threads at once.
        directory: the run's own directory, beside those of other runs on this machine.
        memory: what earlier runs have left; nothing if None.
    """
    memory = memory or Memory()
    mask = Mask(one.secret.reveal() for one in options.secrets.values())
    emit = _one_at_a_time(masked(emit, mask) if options.secrets else emit)
    cancel = threading.Event()
    settings = options.settings
    bases = Bases(
        docker,
        "always" if options.pull else settings.pull,
        cancel,
        setting_limit(settings.timeouts.pull, "timeouts.pull"),
    )
    rules = BuildRules(
        project=plan.project,
        no_cache=options.no_cache,
        expect_cached=options.expect_cached,
        limit=setting_limit(settings.timeouts.build, "timeouts.build"),
    )
    tools = Tools(
        plan=plan,
        docker=docker,
        options=options,
        bases=bases,
        builds=Builds(docker, bases, plan.contexts, memory, rules=rules, cancel=cancel),
        memory=memory,
        directory=directory,
        cancel=cancel,
        mask=mask,
    )
    return _Run(tools, emit).run(sweep(directory, docker))


class _Run:
    def __init__(self, tools: Tools, emit: Emit) -> None:
        self._tools = tools
        self._plan = tools.plan
        self._emit = emit
        self._statuses: dict[StageId, Status] = {}
        self._runner = StageRunner(tools, Values(tools.plan.setup), emit)

    def run(self, problems: tuple[str, ...]) -> Status:
        start = time.monotonic()
        self._emit(RunStarted(self._plan.project, outlines(self._plan)))
        interrupted = False
        try:
            for pipeline in self._plan.pipelines:
                self._run_pipeline(pipeline)
            self._tools.memory.finish(self._tools.cancel)
        except KeyboardInterrupt:
            interrupted = True
        except BaseException:  # nobody reads the report any more, say
            self._end()
            raise
        problems += (*self._runner.problems, *self._end())
        for stage in self._plan.stages:
            if stage_id(stage) not in self._statuses:
                reason = self._reason(stage, interrupted=interrupted)
                self._emit(StageEnded(stage_id(stage), Status.NOT_RUN, 0, reason))
        status = Status.CANCELLED if interrupted else _worst(self._statuses.values())
        self._emit(RunEnded(status, time.monotonic() - start, problems))
        return status

    def _end(self) -> tuple[str, ...]:
        """Let go of all that the run has used, and give what went wrong about it."""
        self._tools.cancel.set()
        self._tools.memory.finish(self._tools.cancel)
        directory, docker = self._tools.directory, self._tools.docker
        problems = clean_up(directory, docker, with_images=self._tools.bases.has_lent)
        return (*self._tools.memory.problems, *problems)

    def _run_pipeline(self, pipeline: tuple[PlannedStage, ...]) -> None:
        stages = {stage.name: stage for stage in pipeline}

        def work(name: str) -> bool:
            status = self._runner.run(stages[name])
            self._statuses[stage_id(stages[name])] = status
            return status.is_good

        needs = {name: stage.needs for name, stage in stages.items()}
        options = self._tools.options
        Schedule(needs, work, options.jobs, keep_going=options.keep_going, cancel=self._tools.cancel).run()

    def _reason(self, stage: PlannedStage, *, interrupted: bool) -> str:
        """Say why a stage was not run."""
        for name in stage.needs:
            status = self._statuses.get(StageId(stage.pipeline, name), Status.NOT_RUN)
            if not status.is_good:
                return f"{name} {_PREDICATES[status]}"
        return "interrupted" if interrupted else "the run had ended"


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


def _worst(statuses: Iterable[Status]) -> Status:
    order = (Status.BROKEN, Status.FAILED, Status.CANCELLED)
    found = set(statuses)
    return next((status for status in order if status in found), Status.PASSED)
