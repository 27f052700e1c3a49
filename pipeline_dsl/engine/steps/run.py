"""Running a container to its end."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import Stream

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.engine.docker import Docker, Output, RunRequest


@dataclasses.dataclass(frozen=True)
class RunStep:
    """A container to be run.

    Arguments:
        request: the container.
        tail: how many of the last lines of its standard output to keep; -1 for all.
    """

    request: RunRequest
    tail: int


@dataclasses.dataclass(frozen=True)
class RunResult:
    """How a container ended.

    Arguments:
        exit_code: its exit code.
        output: the lines of its standard output that were to be kept, each with its line end.
    """

    exit_code: int
    output: str


def run(step: RunStep, docker: Docker, output: Output, cancel: threading.Event) -> RunResult:
    """Run a container to its end.

    Raises:
        StepError: the container cannot be started.
        EngineError: the engine cannot be reached or failed by itself.
        Cancelled: ``cancel`` was set meanwhile.
    """
    kept: collections.deque[str] = collections.deque(maxlen=None if step.tail < 0 else step.tail)

    def keep(stream: Stream, line: str) -> None:
        if stream is Stream.STDOUT:
            kept.append(line)
        output(stream, line)

    exit_code = docker.run(step.request, keep, cancel)
    return RunResult(exit_code, "".join(f"{line}\n" for line in kept))
