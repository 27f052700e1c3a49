"""The choice of a report for a console."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.report.plain import PlainReport

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from pipeline_dsl.engine.events import Emit, Event


class Report(Protocol):
    """Takes the events of one run: ``with report as emit: run(..., emit)``.

    It ends with a summary on the way out of the ``with``, however that is left.
    """

    def __enter__(self) -> Emit: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __call__(self, event: Event) -> None:
        """Take one event."""


def reporter(console: Console, *, plain: bool) -> Report:
    """Choose the report for a console: a live view for people at a terminal, plain lines elsewhere.

    Arguments:
        console: where to print. A character that its encoding lacks is printed as its number.
        plain: print plain lines on a terminal as well.
    """
    if isinstance(console.file, io.TextIOWrapper):
        console.file.reconfigure(errors="backslashreplace")
    if plain or not _is_watched(console):
        return PlainReport(console)
    from pipeline_dsl.report.live import LiveReport  # noqa: PLC0415 -- only people at a terminal need it

    return LiveReport(console)


def _is_watched(console: Console) -> bool:
    """Tell whether somebody looks at a console that can move its cursor.

    Asks the file too, as FORCE_COLOR makes rich believe in a terminal where there is a CI log.
    """
    in_ci = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    return console.is_interactive and console.file.isatty() and not in_ci
