"""Plays a scene to the report that the terminal calls for: ``python session.py SCENE [--plain]``."""

from __future__ import annotations

import sys
import time

from rich.console import Console

from pipeline_dsl.engine import events
from pipeline_dsl.report.reporter import reporter

LINT = events.StageId("ci", "lint")
DOCS = events.StageId("ci", "docs")
NPM = events.StepOutline("run", "npm run lint")
MAKE = events.StepOutline("run", "make docs")


def failure(emit: events.Emit) -> None:
    """A step fails after 50 lines while another stage, which prints oddities, goes on and passes."""
    emit(events.RunStarted("demo", (events.StageOutline(LINT, (NPM,)), events.StageOutline(DOCS, (MAKE,)))))
    for stage, step in ((LINT, NPM), (DOCS, MAKE)):
        emit(events.StageStarted(stage))
        emit(events.StepStarted(stage, step))
    emit(events.StepOutput(DOCS, MAKE, events.Stream.STDOUT, f"[bold]\x1b[2J\x1b[31m漢字\t{'x' * 200}"))
    time.sleep(0.5)
    for number in range(50):
        emit(events.StepOutput(LINT, NPM, events.Stream.STDOUT, f"\x1b[31merror\x1b[0m {number} [/bold]"))
    emit(events.StepEnded(LINT, NPM, events.Status.FAILED, 1, "exit code 1", "pipeline.py:3: it failed."))
    emit(events.StageEnded(LINT, events.Status.FAILED, 1))
    time.sleep(1.5)
    emit(events.StepEnded(DOCS, MAKE, events.Status.PASSED, 1))
    emit(events.StageEnded(DOCS, events.Status.PASSED, 1))
    emit(events.RunEnded(events.Status.FAILED, 2))


def hundred(emit: events.Emit) -> None:
    """A hundred stages, three of which run until somebody presses Ctrl-C."""
    ids = [events.StageId("ci", f"stage-{number:03}") for number in range(100)]
    emit(events.RunStarted("demo", tuple(events.StageOutline(id_, (MAKE,)) for id_ in ids)))
    for id_ in ids[:10]:
        emit(events.StageEnded(id_, events.Status.PASSED, 1))
    for id_ in ids[-3:]:
        emit(events.StageStarted(id_))
        emit(events.StepStarted(id_, MAKE))
        emit(events.StepOutput(id_, MAKE, events.Stream.STDOUT, "waiting for the database"))
    time.sleep(60)


def main() -> None:
    """Play the scene that the command line names."""
    scene = {"failure": failure, "hundred": hundred}[sys.argv[1]]
    with reporter(Console(), plain="--plain" in sys.argv) as emit:
        scene(emit)


if __name__ == "__main__":
    main()
