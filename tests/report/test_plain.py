from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console

from pipeline_dsl.engine import events
from pipeline_dsl.report.plain import PlainReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pytest

    Run = Sequence[events.Event]
    PrintingRun = Callable[[Sequence[str], events.Status], Run]

_FAILED_RUN = """\
lint: build lint: started
lint      │ [1/2] FROM nodejs
lint: build lint: passed in 0.3 s, all 14 layers cached
lint: run npm run lint: started
lint      │ src/app.js
lint      │   1:1  error
lint: run npm run lint: failed after 12 s, exit code 1
  pipeline.py:12: `npm run lint` ended with exit code 1.
  Mend src/app.js. [exit-code]
candidate: not run: lint failed

✓ lint       passed   0.3 s  build lint: all 14 layers cached
✗            failed    12 s  run npm run lint: exit code 1
○ candidate  not run         lint failed

✗ lint: run npm run lint: failed after 12 s, exit code 1
  pipeline.py:12: `npm run lint` ended with exit code 1.

! Container x could not be removed:
  in use

failed after 13 s: 1 failed, 1 not run
"""


def _plain(run: Iterable[events.Event], width: int = 60) -> str:
    file = io.StringIO()
    with PlainReport(Console(file=file, width=width), clock=lambda: 0) as emit:
        for event in run:
            emit(event)
    return file.getvalue()


def test_a_run_is_told_line_by_line_and_summed_up(failed_run: Run) -> None:
    assert _plain(failed_run) == _FAILED_RUN


def test_the_width_of_a_pipe_changes_nothing(failed_run: Run) -> None:
    assert _plain(failed_run, width=10) == _FAILED_RUN


def test_every_line_is_out_before_the_next_event(failed_run: Run) -> None:
    """A CI log is read while the run goes on."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8")
    with PlainReport(Console(file=file)) as emit:
        for event in failed_run[:4]:
            emit(event)

        assert raw.getvalue().decode().endswith("lint      │ [1/2] FROM nodejs\n")


def test_output_is_neither_markup_nor_wrapped_nor_a_control_of_the_terminal(
    printing_run: PrintingRun,
) -> None:
    lines = ["[bold]x[/bold] [/nothing] :smile:", "\x1b[31mred\x1b[0m\x1b[2J\x07", "y" * 100]

    text = _plain(printing_run(lines, events.Status.PASSED))

    assert f"lint │ [bold]x[/bold] [/nothing] :smile:\nlint │ red\nlint │ {'y' * 100}\n" in text


def test_colours_of_a_container_are_kept_on_a_console_with_colours(printing_run: PrintingRun) -> None:
    file = io.StringIO()
    with PlainReport(Console(file=file, force_terminal=True, color_system="256", width=60)) as emit:
        for event in printing_run(["\x1b[31mred\x1b[0m"], events.Status.PASSED):
            emit(event)

    assert "\x1b[2mlint │ \x1b[0m\x1b[31mred\x1b[0m\n" in file.getvalue()


def test_no_color_leaves_no_escape_in_the_lines(
    printing_run: PrintingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    with PlainReport(Console(file=file, force_terminal=True, color_system="256", width=60)) as emit:
        for event in printing_run(["\x1b[31mred\x1b[0m"], events.Status.FAILED)[:-1]:
            emit(event)

        assert "\x1b" not in file.getvalue()


def test_stages_are_named_with_their_pipeline_where_there_are_several() -> None:
    ids = (events.StageId("ci", "test"), events.StageId("nightly", "test"))
    step = events.StepOutline("run", "make")
    run: Run = (
        events.RunStarted("demo", tuple(events.StageOutline(id_, (step,)) for id_ in ids)),
        *(events.StepStarted(id_, step) for id_ in ids),
        *(events.StepOutput(id_, step, events.Stream.STDOUT, "hello") for id_ in ids),
    )

    assert _plain(run).startswith(
        "ci/test: run make: started\n"
        "nightly/test: run make: started\n"
        "ci/test      │ hello\n"
        "nightly/test │ hello\n"
    )


def test_a_step_that_was_never_run_has_no_time() -> None:
    stage, step = events.StageId("ci", "test"), events.StepOutline("run", "make")
    run = (
        events.RunStarted("demo", (events.StageOutline(stage, (step,)),)),
        events.StepEnded(stage, step, events.Status.NOT_RUN, 0),
    )

    assert _plain(run).startswith("test: run make: not run\n")


def test_a_report_without_a_run_prints_nothing() -> None:
    assert not _plain(())
