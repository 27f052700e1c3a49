"""Running a plan with a report on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from pipeline_dsl.engine.events import Status
from pipeline_dsl.engine.run import Options, run
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.report.reporter import reporter

if TYPE_CHECKING:
    from pipeline_dsl.plan import Plan

_EXIT_CODES = {Status.PASSED: 0, Status.FAILED: 1, Status.BROKEN: 3, Status.CANCELLED: 130}


def execute_plan(plan: Plan, *, jobs: int, keep_going: bool = False, pull: bool, plain: bool) -> int:
    """Run a plan and give the exit code.

    Arguments:
        plan: what to do.
        jobs: how many stages may run at the same time.
        keep_going: whether stages that do not need a failed one still run.
        pull: whether base images are pulled even if the engine has them.
        plain: whether to print plain lines on a terminal, too.
    """
    docker = connect()
    with reporter(Console(highlight=False), plain=plain) as emit:
        status = run(plan, docker, Options(jobs, keep_going=keep_going, pull=pull), emit)
    return _EXIT_CODES[status]
