from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from pipeline_dsl.engine import events
from pipeline_dsl.report.record import RunRecord
from pipeline_dsl.report.summary import print_summary

if TYPE_CHECKING:
    from collections.abc import Iterable

TEST = events.StageId("ci", "test")
DOCS = events.StageId("ci", "docs")
MAKE = events.StepOutline("run", "make")
PUSH = events.StepOutline("publish", "candidate")
STARTED = events.RunStarted(
    "demo", (events.StageOutline(TEST, (MAKE, PUSH)), events.StageOutline(DOCS, (MAKE,), needs=("test",)))
)


def _summary(run: Iterable[events.Event], *, terminal_width: int | None = None) -> str:
    record = RunRecord()
    for event in run:
        record = record.after(event, 0)
    file = io.StringIO()
    console = Console(
        file=file,
        width=terminal_width or 10,
        force_terminal=terminal_width is not None,
        color_system=None,
    )
    print_summary(console, record, 5)
    return file.getvalue()


def test_an_interrupted_run_shows_what_was_running_and_at_what() -> None:
    run = (
        STARTED,
        events.StageStarted(TEST),
        events.StepStarted(TEST, MAKE),
        events.StepOutput(TEST, MAKE, events.Stream.STDOUT, "Connecting\tto db"),
        events.StepOutput(TEST, MAKE, events.Stream.STDOUT, " \x1b[0m"),
    )

    assert _summary(run) == (
        "▸ test  running  5.0 s  run make · Connecting to db\n"
        "○       not run         publish candidate\n"
        "· docs  waiting         needs test\n"
        "\n"
        "interrupted after 5.0 s: 1 running, 1 waiting\n"
    )


def test_a_stage_that_broke_between_its_steps_says_so_itself() -> None:
    run = (
        STARTED,
        events.StageStarted(TEST),
        events.StepEnded(TEST, MAKE, events.Status.PASSED, 1),
        events.StageEnded(TEST, events.Status.BROKEN, 2, "Docker went away"),
        events.StageEnded(DOCS, events.Status.NOT_RUN, 0, "test broke"),
        events.RunEnded(events.Status.BROKEN, 2),
    )

    assert _summary(run) == (
        "! test  broken   2.0 s  Docker went away\n"
        "✓       passed   1.0 s  run make\n"
        "○       not run         publish candidate\n"
        "○ docs  not run         test broke\n"
        "\n"
        "broken after 2.0 s: 1 broken, 1 not run\n"
    )


def test_long_details_are_wrapped_below_themselves_on_a_terminal() -> None:
    run = (
        events.RunStarted("demo", (events.StageOutline(TEST, (MAKE,)),)),
        events.StepEnded(TEST, MAKE, events.Status.PASSED, 1, "one two three four five six seven"),
        events.StageEnded(TEST, events.Status.PASSED, 1),
        events.RunEnded(events.Status.PASSED, 1),
    )

    assert _summary(run, terminal_width=45) == (
        "✓ test  passed  1.0 s  run make: one two\n"
        "                       three four five six\n"
        "                       seven\n"
        "\n"
        "passed in 1.0 s: 1 passed\n"
    )


def test_an_empty_run_has_a_result() -> None:
    run = (events.RunStarted("demo", ()), events.RunEnded(events.Status.PASSED, 0))

    assert _summary(run) == "passed in 0.0 s: no stages\n"
