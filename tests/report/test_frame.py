from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from pipeline_dsl.engine import events
from pipeline_dsl.report.frame import frame
from pipeline_dsl.report.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAKE = events.StepOutline("run", "make")


def _record(run: Iterable[events.Event]) -> RunRecord:
    record = RunRecord()
    for event in run:
        record = record.after(event, 0)
    return record


def _many(count: int, running: int) -> RunRecord:
    ids = [events.StageId("ci", f"stage-{number:03}") for number in range(count)]
    return _record(
        (
            events.RunStarted("demo", tuple(events.StageOutline(id_, (MAKE,)) for id_ in ids)),
            *(events.StageEnded(id_, events.Status.PASSED, 1) for id_ in ids[:10]),
            *(events.StageStarted(id_) for id_ in ids[count - running :]),
            *(events.StepStarted(id_, MAKE) for id_ in ids[count - running :]),
        )
    )


def test_a_stage_is_one_line_with_its_step_and_what_it_printed_last(
    failed_run: Sequence[events.Event],
) -> None:
    record = _record(failed_run[:8])

    assert frame(record, 65, 60, 10).plain == (
        "⠋ lint       1 min 05 s  run npm run lint · 1:1 error\n"
        "· candidate              waits for lint\n"
        "  1 min 05 s · 1 running, 1 waiting"
    )


def test_stages_that_ended_show_their_result(failed_run: Sequence[events.Event]) -> None:
    record = _record(failed_run)

    assert frame(record, 14, 60, 10).plain == (
        "✗ lint       13 s  failed  run npm run lint: exit code 1\n"
        "○ candidate        not run  lint failed\n"
        "  14 s · 1 failed, 1 not run"
    )


def test_the_most_urgent_stages_are_shown_and_the_rest_counted() -> None:
    lines = frame(_many(100, running=3), 0, 60, 8).plain.split("\n")

    assert lines == [
        "⠋ stage-097  0 s  run make",
        "⠋ stage-098  0 s  run make",
        "⠋ stage-099  0 s  run make",
        "· stage-010       waiting",
        "· stage-011       waiting",
        "· stage-012       waiting",
        "… 94 more: 84 waiting, 10 passed",
        "  0 s · 3 running, 87 waiting, 10 passed",
    ]


def test_lines_fit_the_width_whatever_is_printed() -> None:
    stage = events.StageId("ci", "a-stage-with-a-name-longer-than-a-third-of-the-terminal")
    noise = "漢字" * 40 + "👨\u200d👩\u200d👧 [bold]\x1b[31m" + "x" * 1000
    record = _record(
        (
            events.RunStarted("demo", (events.StageOutline(stage, (MAKE,)),)),
            events.StageStarted(stage),
            events.StepStarted(stage, MAKE),
            events.StepOutput(stage, MAKE, events.Stream.STDOUT, noise),
        )
    )

    for width in (20, 40, 60, 61, 200):
        lines = frame(record, 0, width, 10).plain.split("\n")

        assert len(lines) == 2
        assert max(map(cell_len, lines)) <= width


def test_before_the_run_there_is_nothing_to_see() -> None:
    assert not frame(RunRecord(), 0, 60, 10).plain
