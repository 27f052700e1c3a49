"""Running a plan with a report on the terminal."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from rich.console import Console

from pipeline_dsl.cache.ahead import Ahead
from pipeline_dsl.cli.sharing import shared_repository
from pipeline_dsl.engine.events import Status
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.report.reporter import reporter

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.leftovers import RunDirectory
    from pipeline_dsl.engine.work import Options
    from pipeline_dsl.plan import Plan

_OBJECTS = 10_000
"""New objects after which a run looks for garbage. Sockets are among that; files of a context seldom are."""

_EXIT_CODES = {Status.PASSED: 0, Status.FAILED: 1, Status.BROKEN: 3, Status.CANCELLED: 130}


def own_directory() -> AbstractContextManager[RunDirectory]:
    """Give a run a directory of its own, by which the next run finds what it left if it was killed."""
    return claimed(Path(platformdirs.user_state_dir("pipeline-dsl")) / "runs")


def engine_ahead() -> Ahead[Docker]:
    """Connect to the engine, and have it say what it is, while something else is done.

    Whoever wants it gets an EngineError where it cannot be reached.
    """
    return Ahead(_introduced)


def _introduced() -> Docker:
    docker = connect()
    docker.identity()
    docker.version()
    return docker


def execute_plan(  # noqa: PLR0913 -- what to do, how, where, and how it is told
    plan: Plan, engine: Ahead[Docker], options: Options, directory: RunDirectory, store: Store, *, plain: bool
) -> int:
    """Run a plan and give the exit code.

    Arguments:
        plan: what to do.
        engine: what does it.
        options: how to do it.
        directory: the run's own directory.
        store: what earlier runs have left.
        plain: whether to print plain lines on a terminal, too.
    """
    if not gc.isenabled():  # the entry point has seen to that
        gc.freeze()
        gc.set_threshold(_OBJECTS)
        gc.enable()
    docker = engine.result()
    shared = shared_repository(docker, options.settings.cache, options.secrets)
    memory = Memory(store, shared, is_asked=not options.no_cache)
    with store.lease(), reporter(Console(highlight=False), plain=plain) as emit:
        status = run(plan, docker, options, emit, directory, memory=memory)
        plan.contexts.save()
        return _EXIT_CODES[status]
