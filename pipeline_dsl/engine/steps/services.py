"""Containers that run beside a stage's own, on a network of their own, until that one has ended."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.engine.docker import Docker, Execution, Output, RunRequest

_TAIL = 20
"""Lines of a service's output that are shown after a failure."""

_CHECK = Limit(30, "a health check")
"""One that hangs must not be waited for until the whole time is over."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two health checks; each pause is half as long again as the one before."""


@dataclasses.dataclass(frozen=True)
class ServiceRequest:
    """A container to run beside another.

    Arguments:
        name: what it is called; its host name for the others.
        request: the container; it joins the network of its stage.
        limit: how long it may take to be ready; None for as long as it likes.
        health: a command that succeeds in it as soon as it is ready; if empty, the one of its image; where
            there is neither, it is ready when it has started.
    """

    name: str
    request: RunRequest
    limit: Limit | None
    health: tuple[str, ...] = ()


class Services:
    """Services that run.

    Arguments:
        requests: the services.
        network: the name of their network.
        docker: the engine.
        output: gets word of them, and after a failure their last lines.
    """

    def __init__(
        self, requests: Iterable[ServiceRequest], network: str, docker: Docker, output: Output
    ) -> None:
        self._requests = tuple(requests)
        self._network = network
        self._docker = docker
        self._output = output

    @contextlib.contextmanager
    def running(self, labels: Mapping[str, str], cancel: threading.Event) -> Iterator[None]:
        """Start all of them, and go on when all are ready; in the end, remove them and their network.

        Arguments:
            labels: the labels of the network.
            cancel: ends the wait when set.

        Raises:
            StepError: one did not start, ended, or was not ready in its time.
            EngineError: the engine cannot be reached or failed by itself.
            Cancelled: ``cancel`` was set meanwhile.
        """
        try:
            self._docker.create_network(self._network, labels)
            self._start(cancel)
            yield
        finally:
            with contextlib.suppress(EngineError):  # which the end of the run will meet, too, and report
                self.remove()

    def remove(self) -> None:
        """Remove what there is of them. Nothing of a service outlives it, so it gets no time to end."""
        with concurrent.futures.ThreadPoolExecutor(len(self._requests), "service") as pool:
            names = [service.request.name for service in self._requests]
            list(pool.map(self._docker.remove_container, names))
        self._docker.remove_network(self._network)

    def tell(self) -> None:
        """Show, after a failure, what they printed last."""
        for service in self._requests:
            with contextlib.suppress(EngineError):  # the failure is what matters
                state = self._docker.container(service.request.name)
                for line in self._docker.logs(service.request.name, _TAIL):
                    self._output(Stream.PROGRESS, f"{service.name} | {line}")
                if not state.running:
                    message = f"{service.name} had ended with exit code {state.exit_code}."
                    self._output(Stream.PROGRESS, message)

    def _start(self, cancel: threading.Event) -> None:
        stop = Deadline(cancel)
        with concurrent.futures.ThreadPoolExecutor(len(self._requests), "service") as pool:
            starts = [pool.submit(self._bring_up, service, stop) for service in self._requests]
            concurrent.futures.wait(starts, return_when=concurrent.futures.FIRST_EXCEPTION)
            stop.set()  # where one has failed, the others are waited for in vain
        errors = [error for start in starts if (error := start.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, Cancelled)):
            raise error

    def _bring_up(self, service: ServiceRequest, cancel: threading.Event) -> None:
        start = time.monotonic()
        aliases = (*service.request.aliases, service.name)
        request = dataclasses.replace(service.request, network=self._network, aliases=aliases)
        try:
            self._docker.start(request)
        except StepError as error:
            raise StepError(
                dataclasses.replace(problem, message=f'service "{service.name}": {problem.message}')
                for problem in error.problems
            ) from error
        self._wait(service, cancel)
        self._output(Stream.PROGRESS, f"{service.name} is ready after {time.monotonic() - start:.1f} s.")

    def _wait(self, service: ServiceRequest, cancel: threading.Event) -> None:
        deadline = Deadline(cancel, service.limit)
        checked, pause = "", _FIRST_PAUSE
        while True:
            state = self._docker.container(service.request.name)
            if not state.running:
                outcome = f"ended with exit code {state.exit_code} before it was ready"
                raise self._failure("service-ended", service, outcome)
            command = service.health or state.health
            if not command:
                return
            try:
                check = self._docker.execute(service.request.name, command, Deadline(deadline, _CHECK))
                if check.exit_code == 0:
                    return
                checked = _account(check)
                if _never(check) and self._docker.container(service.request.name).running:
                    raise self._failure("service-not-ready", service, f"cannot be checked: {checked}")
            except Cancelled:
                checked = f"did not end within {_CHECK.seconds:g} s" if not deadline.is_set() else checked
            deadline.wait(pause)
            if cancel.is_set():
                raise Cancelled
            if deadline.is_set():
                last = f"; its last health check {checked}" if checked else ""
                raise self._failure(
                    "service-not-ready", service, f"was not ready within {service.limit}{last}"
                )
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _failure(self, code: str, service: ServiceRequest, outcome: str) -> StepError:
        lines: tuple[str, ...] = ()
        with contextlib.suppress(EngineError):
            lines = self._docker.logs(service.request.name, _TAIL)
        message = f'service "{service.name}" {outcome.rstrip(".")}.'
        return StepError([Problem(code, message, hint=_HINTS[code], excerpt="\n".join(lines))])


_HINTS = {
    "service-ended": "What it printed last is below.",
    "service-not-ready": "Look at its health command, and at what it printed; or give it a longer timeout.",
}


def _account(check: Execution) -> str:
    output = check.output.strip().splitlines()
    printed = f": {output[-1]}" if output else ""
    return f"ended with exit code {check.exit_code}{printed}"


def _never(check: Execution) -> bool:
    """Tell whether the engine could not even start the command: trying again will not help."""
    return check.exit_code in {126, 127} and "exec failed" in check.output
