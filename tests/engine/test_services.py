"""Services beside a container, on a real engine."""

from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import Cancelled, RunRequest
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Limit
from pipeline_dsl.engine.steps.run import RunResult, RunStep, run
from pipeline_dsl.engine.steps.services import ServiceRequest
from pipeline_dsl.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

LABEL = f"pipeline-dsl-test={uuid.uuid4().hex}"

LIMIT = Limit(60, "Service(timeout=…)")


@pytest.fixture(autouse=True)
def nothing_left(docker: SdkDocker) -> Iterator[None]:
    """Whatever happens, containers and network are gone afterwards."""
    yield
    left = docker.api.containers(all=True, filters={"label": LABEL})
    networks = docker.api.networks(filters={"label": LABEL})
    docker.remove_containers(LABEL)
    docker.remove_networks(LABEL)
    assert (left, networks) == ([], [])


@dataclasses.dataclass
class Stage:
    """A container to run with services beside it, and what is told of it.

    Arguments:
        docker: the engine.
        image: the image of all containers.
        cancel: ends it when set.
    """

    docker: SdkDocker
    image: str
    cancel: threading.Event

    def __post_init__(self) -> None:
        self.name = f"pipeline-dsl-{uuid.uuid4().hex}"
        self.told: list[str] = []
        self.printed: list[str] = []

    def request(self, name: str, script: str, image: str = "") -> RunRequest:
        key, _, value = LABEL.partition("=")
        return RunRequest(image or self.image, name, ("sh", "-c", script), labels={key: value})

    def service(
        self, name: str, script: str, *health: str, limit: Limit = LIMIT, image: str = ""
    ) -> ServiceRequest:
        return ServiceRequest(name, self.request(f"{self.name}-{name}", script, image), limit, health)

    def output(self, stream: Stream, line: str) -> None:
        (self.told if stream is Stream.PROGRESS else self.printed).append(line)

    def run(self, script: str, *services: ServiceRequest, output: Output | None = None) -> RunResult:
        step = RunStep(self.request(self.name, script), 0, services=services)
        return run(step, self.docker, output or self.output, self.cancel)


@pytest.fixture
def stage(docker: SdkDocker, base: str, cancel: threading.Event) -> Stage:
    return Stage(docker, base, cancel)


def test_a_container_finds_its_services_by_name(stage: Stage) -> None:
    services = (stage.service("db", "exec sleep 300"), stage.service("mail-1", "exec sleep 300"))
    script = "getent hosts db mail-1 | wc -l; hostname -I | wc -w"
    assert stage.run(script, *services).exit_code == 0
    assert stage.printed == ["2", "1"]


def test_stages_do_not_see_each_other_s_services(docker: SdkDocker, base: str) -> None:
    def look(stage: Stage, *services: ServiceRequest) -> int:
        return stage.run("sleep 1; getent hosts db", *services).exit_code

    stages = [Stage(docker, base, threading.Event()) for _ in range(2)]
    assert look(stages[0], stages[0].service("db", "exec sleep 300")) == 0
    assert look(stages[1], stages[1].service("cache", "exec sleep 300")) == 2


def test_the_container_starts_when_its_service_is_healthy(stage: Stage) -> None:
    service = stage.service("db", "sleep 1; touch /ready; exec sleep 300", "test", "-e", "/ready")
    start = time.monotonic()
    stage.run("true", service)
    assert time.monotonic() - start > 1
    (line,) = stage.told
    assert line.startswith("db is ready after ")


@pytest.fixture(scope="module")
def checked(docker: SdkDocker, base: str) -> Iterator[str]:
    """An image with a health check of its own, of which the engine thinks twice a minute."""
    container = docker.api.create_container(base, "true")
    health = "HEALTHCHECK CMD test -e /ready && test $(whoami) = root"
    docker.api.commit(container, "pipeline-dsl-test", "checked", changes=[health])
    docker.api.remove_container(container)
    yield "pipeline-dsl-test:checked"
    docker.api.remove_image("pipeline-dsl-test:checked")


def test_the_health_check_of_the_image_is_used(stage: Stage, checked: str) -> None:
    service = stage.service("db", "sleep 1; touch /ready; exec sleep 300", image=checked)
    start = time.monotonic()
    assert stage.run("true", service).exit_code == 0
    assert 1 < time.monotonic() - start < 25


def test_a_service_that_is_not_ready_in_time_is_named_with_its_last_lines(stage: Stage) -> None:
    limit = Limit(1, 'Service("db", timeout=…)')
    script = "for i in $(seq 30); do echo line $i; done; exec sleep 300"
    service = stage.service("db", script, "sh", "-c", "echo no route; exit 4", limit=limit)
    with pytest.raises(StepError) as failure:
        stage.run("echo started", service)
    (problem,) = failure.value.problems
    assert problem.code == "service-not-ready"
    assert problem.message == (
        'service "db" was not ready within the 1 s that Service("db", timeout=…) allows; '
        "its last health check ended with exit code 4: no route."
    )
    assert problem.excerpt.splitlines() == [f"line {number}" for number in range(11, 31)]
    assert stage.printed == []


def test_a_health_check_that_hangs_does_not_outlast_the_limit(stage: Stage) -> None:
    service = stage.service("db", "exec sleep 300", "sleep", "300", limit=Limit(1, "a test"))
    start = time.monotonic()
    with pytest.raises(StepError, match=r"was not ready within the 1 s that a test allows\. .*"):
        stage.run("true", service)
    assert time.monotonic() - start < 15


def test_a_health_command_that_does_not_exist_is_told_at_once(stage: Stage) -> None:
    service = stage.service("db", "exec sleep 300", "pg_is_redy")
    start = time.monotonic()
    with pytest.raises(StepError, match=r'"db" cannot be checked: .*"?pg_is_redy.*\[service-not-ready\]'):
        stage.run("true", service)
    assert time.monotonic() - start < 30


def test_a_service_that_ends_before_it_is_ready_is_an_error(stage: Stage) -> None:
    service = stage.service("db", "echo no space left; exit 7", "test", "-e", "/ready")
    with pytest.raises(StepError) as failure:
        stage.run("true", service)
    (problem,) = failure.value.problems
    assert problem.code == "service-ended"
    assert problem.message == 'service "db" ended with exit code 7 before it was ready.'
    assert problem.excerpt == "no space left"


def test_a_service_that_cannot_be_started_is_named(stage: Stage) -> None:
    broken = dataclasses.replace(stage.request(f"{stage.name}-db", ""), entrypoint=("no-such-command",))
    other = stage.service("cache", "exec sleep 300", "false")
    start = time.monotonic()
    with pytest.raises(StepError, match=r'service "db": .*no-such-command.*\[container-not-started\]'):
        stage.run("true", ServiceRequest("db", broken, LIMIT), other)
    assert time.monotonic() - start < 30


def test_services_are_heard_only_when_the_container_fails(stage: Stage) -> None:
    service = stage.service("db", "echo listening; sleep 0.5; echo out of memory; exit 9")
    assert stage.run("sleep 2; exit 1", service).exit_code == 1
    assert stage.told[1:] == ["db | listening", "db | out of memory", "db had ended with exit code 9."]
    stage.told.clear()
    assert stage.run("true", service).exit_code == 0
    assert [line for line in stage.told if "listening" in line] == []


def test_services_start_side_by_side(stage: Stage) -> None:
    script = "sleep 4; touch /ready; exec sleep 300"
    start = time.monotonic()
    stage.run("true", *(stage.service(f"db{number}", script, "test", "-e", "/ready") for number in range(4)))
    assert time.monotonic() - start < 4 * 4


def test_a_container_that_is_kept_does_not_keep_its_network(stage: Stage) -> None:
    request = dataclasses.replace(stage.request(stage.name, "echo report > /report"), keep=True)
    step = RunStep(request, 0, services=(stage.service("db", "exec sleep 300"),))
    run(step, stage.docker, stage.output, stage.cancel)
    assert stage.docker.api.networks(names=[stage.name]) == []
    chunks, _ = stage.docker.api.get_archive(stage.name, "/report")
    assert b"report\n" in b"".join(chunks)
    stage.docker.remove_container(stage.name)


def test_waiting_for_a_service_can_be_cancelled(stage: Stage) -> None:
    service = stage.service("db", "exec sleep 300", "false")
    timer = threading.Timer(1, stage.cancel.set)
    timer.start()
    with pytest.raises(Cancelled):
        stage.run("true", service)
    timer.join()


def test_services_are_gone_after_the_container_was_cancelled(stage: Stage) -> None:
    def output(stream: Stream, _: str) -> None:
        if stream is Stream.STDOUT:
            stage.cancel.set()

    with pytest.raises(Cancelled):
        stage.run("echo started; exec sleep 300", stage.service("db", "exec sleep 300"), output=output)
