"""What there is to tell of a stage that failed."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_dsl.engine.events import Status

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
"""What a terminal obeys and a letter does not show."""


@dataclasses.dataclass(frozen=True)
class Notice:
    """A stage that failed. No text of it holds a secret any more.

    Arguments:
        project: path of the project's repository, or its name.
        pipeline: name of the pipeline.
        stage: name of the stage.
        step: kind of the step that failed, such as ``run``.
        status: how the stage ended.
        problem: what went wrong.
        output: the last lines that the step printed.
        log_url: where the log of the run can be read; empty where nobody else can.
    """

    project: str
    pipeline: str
    stage: str
    step: str
    status: Status
    problem: str
    output: tuple[str, ...] = ()
    log_url: str = ""


def name(notice: Notice) -> str:
    """Give the stage's full name."""
    return f"{notice.pipeline}/{notice.stage}"


def subject(notice: Notice) -> str:
    """Say in one line what happened; the default subject of mails, as spec/pipelinelib.md §5.8 has it."""
    short_name = notice.project.rstrip("/").rpartition("/")[2]
    return f"[Pipeline] {short_name} {name(notice)} failed"


def body(notice: Notice) -> str:
    """Say what happened and where to look; the default text of mails."""
    output = textwrap.indent("\n".join(notice.output), "  ")
    parts = (
        f"Stage {notice.stage} of pipeline {notice.pipeline} of project {notice.project} failed.",
        f"Step {notice.step}: {notice.problem}",
        f"Its last lines of output:\n\n{output}" if notice.output else "",
        f"Log: {notice.log_url}" if notice.log_url else "",
    )
    return legible("\n\n".join(part for part in parts if part) + "\n")


def legible(text: str) -> str:
    """Leave out colours and other orders to a terminal."""
    return _ESCAPES.sub("", text)
