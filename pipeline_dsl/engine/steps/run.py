"""Running a container to its end, with services beside it, and again where that may help."""

from __future__ import annotations

import collections
import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.engine.steps.services import ServiceRequest, Services
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.engine.docker import Docker, Output, RunRequest

PAUSES = (1.0, 3.0, 9.0)
"""Seconds to wait before each new try, where the engine has failed: it may just be starting anew."""


@dataclasses.dataclass(frozen=True)
class RunStep:
    """A container to be run.

    Arguments:
        request: the container; with services, it joins their network.
        tail: how many of the last lines of its standard output to keep; -1 for all.
        limit: how long it may take each time, its services not counted; None for as long as it likes.
        retries: how many times to try again when its program fails.
        services: what runs beside it, anew each time, on a network that is named like the container.
    """

    request: RunRequest
    tail: int
    limit: Limit | None = None
    retries: int = 0
    services: tuple[ServiceRequest, ...] = ()


@dataclasses.dataclass(frozen=True)
class RunResult:
    """How a container ended.

    Arguments:
        exit_code: its exit code, the last time.
        output: the lines of its standard output that were to be kept, each with its line end.
        attempts: how many times it was started, or tried to be.
    """

    exit_code: int
    output: str
    attempts: int = 1


def run(step: RunStep, docker: Docker, output: Output, cancel: threading.Event) -> RunResult:
    """Run a container to its end.

    A program that fails is run again ``step.retries`` times. What the engine itself fails at is tried again
    a few times anyway. Each time, ``output`` gets word of why.

    Raises:
        StepError: the container or a service of it cannot be started, or took too long.
        EngineError: the engine cannot be reached or failed by itself.
        Cancelled: ``cancel`` was set meanwhile.
    """
    pauses, retries = iter(PAUSES), iter(range(1, step.retries + 1))
    attempts = 0
    while True:
        attempts += 1
        try:
            if attempts > 1:
                _remove(step, docker)
            result = _attempt(step, docker, output, cancel)
        except EngineError as error:
            pause = next(pauses, None)
            if pause is None:
                raise
            output(Stream.PROGRESS, f"{error.problems[0].message} Trying again in {pause:g} s.")
            if cancel.wait(pause):
                raise Cancelled from error
            continue
        retry = next(retries, None) if result.exit_code else None
        if retry is None:
            return dataclasses.replace(result, attempts=attempts)
        message = f"Exit code {result.exit_code}; trying again, {retry} of {step.retries} times."
        output(Stream.PROGRESS, message)


def _remove(step: RunStep, docker: Docker) -> None:
    """Remove what an earlier attempt may have left: its names are needed."""
    docker.remove_container(step.request.name)
    if step.services:
        Services(step.services, step.request.name, docker, lambda *_: None).remove()


def _attempt(step: RunStep, docker: Docker, output: Output, cancel: threading.Event) -> RunResult:
    if not step.services:
        return _run(step, docker, output, cancel)
    network = step.request.name
    services = Services(step.services, network, docker, output)
    with services.running(step.request.labels, cancel):
        on_network = dataclasses.replace(step, request=dataclasses.replace(step.request, network=network))
        try:
            result = _run(on_network, docker, output, cancel)
        except StepError:
            services.tell()
            raise
        if result.exit_code:
            services.tell()
        return result


def _run(step: RunStep, docker: Docker, output: Output, cancel: threading.Event) -> RunResult:
    kept: collections.deque[str] = collections.deque(maxlen=None if step.tail < 0 else step.tail)

    def keep(stream: Stream, line: str) -> None:
        if stream is Stream.STDOUT:
            kept.append(line)
        output(stream, line)

    try:
        exit_code = docker.run(step.request, keep, Deadline(cancel, step.limit))
    except Cancelled as error:
        if step.limit is None or cancel.is_set():
            raise
        hint = "Give it more time there, or find out what it waits for."
        message = f"the container was stopped: it took longer than {step.limit}."
        raise StepError([Problem("timed-out", message, hint=hint)]) from error
    return RunResult(exit_code, "".join(f"{line}\n" for line in kept))
