"""The run step: a container that may take too long, or be tried again."""

from __future__ import annotations

import dataclasses
import gc
import socket
import subprocess
import sys
import threading
import time
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import Cancelled, RunRequest
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.engine.steps import run as module
from pipeline_dsl.engine.steps.run import RunStep, run
from pipeline_dsl.engine.steps.services import ServiceRequest
from pipeline_dsl.errors import EngineError, StepError
from tests.engine.conftest import ENGINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

LABEL = f"pipeline-dsl-test={uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def nothing_left(docker: SdkDocker) -> Iterator[None]:
    """Whatever a step does, its containers and networks are gone afterwards."""
    yield
    left = docker.api.containers(all=True, filters={"label": LABEL})
    networks = docker.api.networks(filters={"label": LABEL})
    docker.remove_containers(LABEL)
    docker.remove_networks(LABEL)
    assert (left, networks) == ([], [])


def step(image: str, script: str, *, tail: int = 0, limit: Limit | None = None, retries: int = 0) -> RunStep:
    key, _, value = LABEL.partition("=")
    name = f"pipeline-dsl-{uuid.uuid4().hex}"
    request = RunRequest(image, name, ("sh", "-c", script), labels={key: value})
    return RunStep(request, tail, limit, retries)


def told(printed: list[tuple[Stream, str]]) -> list[str]:
    return [line for stream, line in printed if stream is Stream.PROGRESS]


def test_a_container_that_takes_too_long_is_stopped(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    start = time.monotonic()
    asked = step(base, "trap 'exit 0' TERM; sleep 300 & wait", limit=Limit(1, "Run(timeout=…)"), retries=3)
    expected = r"it took longer than the 1 s that Run\(timeout=…\) allows\. .*\[timed-out\]"
    with pytest.raises(StepError, match=expected):
        run(asked, docker, output, cancel)
    assert time.monotonic() - start < 8


def test_what_a_container_printed_until_its_time_was_up_is_shown(
    docker: SdkDocker, base: str, output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    asked = step(base, "echo working; exec sleep 300", limit=Limit(4, "the setting timeouts.run"))
    asked = dataclasses.replace(asked, request=dataclasses.replace(asked.request, keep=True))
    with pytest.raises(StepError, match=r"the setting timeouts\.run"):
        run(asked, docker, output, cancel)
    assert (Stream.STDOUT, "working") in printed
    assert not docker.container(asked.request.name).running
    docker.remove_container(asked.request.name)


def test_one_that_is_cancelled_has_not_taken_too_long(
    docker: SdkDocker, base: str, cancel: threading.Event
) -> None:
    asked = step(base, "echo started; exec sleep 300", limit=Limit(60, "Run(timeout=…)"))
    with pytest.raises(Cancelled):
        run(asked, docker, lambda *_: cancel.set(), cancel)


def test_a_program_that_fails_is_tried_again_as_often_as_asked(
    docker: SdkDocker, base: str, output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    result = run(step(base, "echo once; exit 3", tail=-1, retries=2), docker, output, cancel)
    assert (result.exit_code, result.attempts, result.output) == (3, 3, "once\n")
    assert told(printed) == [
        "Exit code 3; trying again, 1 of 2 times.",
        "Exit code 3; trying again, 2 of 2 times.",
    ]


def test_a_program_that_fails_is_not_tried_again_by_itself(
    docker: SdkDocker, base: str, output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    result = run(step(base, "exit 137"), docker, output, cancel)
    assert (result.exit_code, result.attempts, printed) == (137, 1, [])


def test_of_a_container_that_is_kept_the_last_one_is(
    docker: SdkDocker, base: str, cancel: threading.Event
) -> None:
    seen: list[str] = []
    asked = step(base, "cat /proc/sys/kernel/random/uuid; exit 1", retries=1)
    asked = dataclasses.replace(asked, request=dataclasses.replace(asked.request, keep=True))
    run(asked, docker, lambda stream, line: seen.append(line) if stream is Stream.STDOUT else None, cancel)
    assert docker.logs(asked.request.name, 1) == (seen[1],)
    docker.remove_container(asked.request.name)


def test_services_are_fresh_each_time(
    docker: SdkDocker, base: str, output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    serve = "mkdir /www && cd /www && id > $(cat /proc/sys/kernel/random/uuid); exec sleep 300"
    asked = step(base, "getent hosts db >/dev/null && exit 5; exit 1", retries=1)
    request = dataclasses.replace(step(base, serve).request, name=f"{asked.request.name}-db")
    service = ServiceRequest("db", request, Limit(30, "Service(timeout=…)"), ("ls", "/www"))
    result = run(dataclasses.replace(asked, services=(service,)), docker, output, cancel)
    assert (result.exit_code, result.attempts) == (5, 2)
    assert sum(line.startswith("db is ready after ") for line in told(printed)) == 2


@dataclasses.dataclass
class Forwarder:
    """A connection to the engine that can be lost, and come back.

    Arguments:
        path: its socket.
        losses: how many times it is lost when a program prints that it has started.
        returns: whether it comes back.
    """

    path: Path
    losses: int = 1
    returns: bool = True

    def __post_init__(self) -> None:
        self.process = self._start()

    def __call__(self, _: Stream, line: str) -> None:
        if line != "started" or not self.losses:
            return
        self.losses -= 1
        self.process.kill()
        self.process.wait()
        if self.returns:
            self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.path.unlink(missing_ok=True)
        script = str(Path(__file__).with_name("forwarder.py"))
        process = subprocess.Popen([sys.executable, script, str(self.path), ENGINE])
        while not self._listens():
            time.sleep(0.01)
        return process

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as attempt:
            return attempt.connect_ex(str(self.path)) == 0


@pytest.fixture
def forwarder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarder]:
    started = Forwarder(tmp_path / "wire.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{started.path}")
    yield started
    started.process.kill()
    started.process.wait()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


loses_connections = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The SDK leaves the socket of an attempt that failed to the garbage collector."""


@loses_connections
def test_what_the_engine_fails_at_is_tried_again(
    forwarder: Forwarder, base: str, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    def output(stream: Stream, line: str) -> None:
        printed.append((stream, line))
        forwarder(stream, line)

    distant = connect()
    with distant.api:
        asked = step(base, "echo started; sleep 1; echo ended", tail=-1)
        result = run(asked, distant, output, cancel)
    assert (result.exit_code, result.attempts, result.output) == (0, 2, "started\nended\n")
    (line,) = told(printed)
    assert line.startswith("lost the connection to the container engine")
    assert line.endswith(" Trying again in 1 s.")


@loses_connections
def test_an_engine_that_does_not_come_back_is_given_up(
    forwarder: Forwarder,
    docker: SdkDocker,
    base: str,
    cancel: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0.1, 0.1))
    heard: list[str] = []
    forwarder.returns = False

    def output(stream: Stream, line: str) -> None:
        heard.append(line)
        forwarder(stream, line)

    distant = connect()
    with distant.api, pytest.raises(EngineError, match="engine-lost"):
        run(step(base, "echo started; sleep 300"), distant, output, cancel)
    assert sum(line.endswith("Trying again in 0.1 s.") for line in heard) == 2
    docker.remove_containers(LABEL)


@loses_connections
def test_waiting_for_the_engine_ends_when_the_run_is_cancelled(
    forwarder: Forwarder, docker: SdkDocker, base: str, cancel: threading.Event
) -> None:
    forwarder.returns = False

    def output(stream: Stream, line: str) -> None:
        forwarder(stream, line)
        if stream is Stream.PROGRESS:
            cancel.set()

    distant = connect()
    with distant.api, pytest.raises(Cancelled):
        run(step(base, "echo started; sleep 300"), distant, output, cancel)
    docker.remove_containers(LABEL)


def test_a_deadline_is_set_by_the_other_event_or_the_time() -> None:
    cancel = threading.Event()
    endless, short = Deadline(cancel), Deadline(cancel, Limit(0.05, "a test"))
    assert not endless.wait(0.01)
    assert short.wait()
    assert short.expired
    cancel.set()
    assert endless.wait()
    assert not endless.expired
