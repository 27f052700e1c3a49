"""Runs to report on, as the events that the engine would emit."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from pipeline_dsl.engine import events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Run: TypeAlias = tuple[events.Event, ...]

LINT = events.StageId("ci", "lint")
CANDIDATE = events.StageId("ci", "candidate")
BUILD = events.StepOutline("build", "lint")
NPM = events.StepOutline("run", "npm run lint")
PRODUCTION = events.StepOutline("build", "production")
PROBLEM = "pipeline.py:12: `npm run lint` ended with exit code 1.\nMend src/app.js. [exit-code]"


@pytest.fixture
def failed_run() -> Run:
    """A stage is built, fails while it runs, and keeps another from being run."""
    return (
        events.RunStarted(
            "demo",
            (
                events.StageOutline(LINT, (BUILD, NPM)),
                events.StageOutline(CANDIDATE, (PRODUCTION,), needs=("lint",)),
            ),
        ),
        events.StageStarted(LINT),
        events.StepStarted(LINT, BUILD),
        events.StepOutput(LINT, BUILD, events.Stream.PROGRESS, "[1/2] FROM nodejs"),
        events.StepEnded(LINT, BUILD, events.Status.PASSED, 0.34, "all 14 layers cached"),
        events.StepStarted(LINT, NPM),
        events.StepOutput(LINT, NPM, events.Stream.STDOUT, "src/app.js"),
        events.StepOutput(LINT, NPM, events.Stream.STDERR, "  1:1  error"),
        events.StepEnded(LINT, NPM, events.Status.FAILED, 12.4, "exit code 1", PROBLEM),
        events.StageEnded(LINT, events.Status.FAILED, 12.8),
        events.StageEnded(CANDIDATE, events.Status.NOT_RUN, 0, "lint failed"),
        events.RunEnded(events.Status.FAILED, 13.1, ("Container x could not be removed:\nin use",)),
    )


@pytest.fixture
def printing_run() -> Callable[[Sequence[str], events.Status], Run]:
    """Make a run of one stage and one step, which prints lines and ends as told."""

    def run(lines: Sequence[str], status: events.Status) -> Run:
        return (
            events.RunStarted("demo", (events.StageOutline(LINT, (NPM,)),)),
            events.StageStarted(LINT),
            events.StepStarted(LINT, NPM),
            *(events.StepOutput(LINT, NPM, events.Stream.STDOUT, line) for line in lines),
            events.StepEnded(LINT, NPM, status, 1),
            events.StageEnded(LINT, status, 1),
            events.RunEnded(status, 1),
        )

    return run
