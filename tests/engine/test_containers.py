"""Containers, run by a real engine."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import threading
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import Cancelled, Execution, RunRequest
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.errors import EngineError, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

LABEL = f"pipeline-dsl-test={uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def nothing_left(docker: SdkDocker) -> Iterator[None]:
    """Whatever a test does, its container is gone afterwards."""
    yield
    left = docker.api.containers(all=True, filters={"label": LABEL})
    docker.remove_containers(LABEL)
    assert left == []


def request(image: str, *command: str, **environment: str) -> RunRequest:
    key, _, value = LABEL.partition("=")
    return RunRequest(image, f"pipeline-dsl-{uuid.uuid4().hex}", command, None, environment, {key: value})


def shell(image: str, script: str, **environment: str) -> RunRequest:
    return request(image, "sh", "-c", script, **environment)


def lines(printed: list[tuple[Stream, str]], of: Stream) -> list[str]:
    return [line for stream, line in printed if stream is of]


def test_a_run_gives_the_exit_code(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    assert docker.run(request(base, "true"), output, cancel) == 0
    assert docker.run(shell(base, "exit 7"), output, cancel) == 7


def test_a_killed_command_has_the_exit_code_of_its_signal(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    assert docker.run(shell(base, "sh -c 'kill -9 $$'; exit $?"), output, cancel) == 137


def test_a_program_may_close_its_output_and_go_on(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    assert docker.run(shell(base, "exec >&- 2>&-; sleep 2; exit 4"), output, cancel) == 4


def test_output_comes_line_by_line_in_the_order_of_its_stream(
    docker: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    script = (
        r"echo one; echo oops >&2; printf 'tw'; sleep 0.1; printf 'o\r\n\nfo\303'; sleep 0.1; printf '\274r'"
    )
    docker.run(shell(base, script), output, cancel)
    assert lines(printed, Stream.STDOUT) == ["one", "two", "", "foür"]
    assert lines(printed, Stream.STDERR) == ["oops"]


def test_output_that_is_no_utf_8_is_shown_as_far_as_possible(
    docker: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    docker.run(shell(base, r"printf 'caf\351\n'"), output, cancel)
    assert printed == [(Stream.STDOUT, "caf\N{REPLACEMENT CHARACTER}")]


def test_output_comes_while_the_command_runs(docker: SdkDocker, base: str, cancel: threading.Event) -> None:
    heard_at: list[float] = []
    docker.run(
        shell(base, "echo early; sleep 1; echo late"), lambda *_: heard_at.append(time.monotonic()), cancel
    )
    early, late = heard_at
    assert late - early > 0.8


def test_much_output_arrives_whole(
    docker: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    docker.run(shell(base, "seq -f '%0100.0f' 100000; seq 50000 >&2"), output, cancel)
    assert lines(printed, Stream.STDOUT) == [f"{number:0100}" for number in range(1, 100_001)]
    assert lines(printed, Stream.STDERR) == [str(number) for number in range(1, 50_001)]


def test_the_environment_is_passed_on(
    docker: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    docker.run(shell(base, 'echo "$GREETING"', GREETING='Grüß "Gott" = $HOME'), output, cancel)
    assert printed == [(Stream.STDOUT, 'Grüß "Gott" = $HOME')]


@pytest.fixture(scope="module")
def greeter(docker: SdkDocker, base: str) -> Iterator[str]:
    """An image whose entrypoint greets its arguments, by default the world."""
    name = f"pipeline-dsl-test:{uuid.uuid4().hex}"
    container = docker.api.create_container(base, "true")
    repository, _, tag = name.partition(":")
    changes = ['ENTRYPOINT ["echo", "Hello"]', 'CMD ["world"]']
    docker.api.commit(container, repository, tag, changes=changes)
    docker.api.remove_container(container)
    yield name
    docker.api.remove_image(name)


@pytest.mark.parametrize(
    ("entrypoint", "arguments", "expected"),
    [
        (None, None, "Hello world"),
        (None, ("Ada", "and Bob"), "Hello Ada and Bob"),
        (("echo",), None, ""),
        (("echo", "-n"), ("Bye",), "Bye"),
    ],
)
def test_arguments_follow_the_entrypoint_that_can_be_replaced(
    docker: SdkDocker,
    greeter: str,
    entrypoint: tuple[str, ...] | None,
    arguments: tuple[str, ...] | None,
    expected: str,
) -> None:
    heard: list[str] = []
    asked = RunRequest(greeter, uuid.uuid4().hex, entrypoint, arguments)
    docker.run(asked, lambda _, line: heard.append(line), threading.Event())
    assert heard == [expected]


@pytest.mark.parametrize("command", ["no-such-command", "/etc/passwd", "/"])
def test_a_command_that_cannot_be_started_is_explained(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event, command: str
) -> None:
    with pytest.raises(StepError) as failure:
        docker.run(request(base, command), output, cancel)
    (problem,) = failure.value.problems
    assert problem.code == "container-not-started"
    assert command in problem.message
    assert "arguments=" in problem.hint


def test_an_image_that_is_gone_is_named(docker: SdkDocker, output: Output, cancel: threading.Event) -> None:
    with pytest.raises(StepError, match=r"the engine has no image nowhere:1\. .*\[image-not-found\]"):
        docker.run(request("nowhere:1", "true"), output, cancel)


def test_a_name_that_is_taken_is_said_to_be(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    asked = request(base, "true")
    docker.api.create_container(base, "true", name=asked.name, labels=dict(asked.labels))
    with pytest.raises(StepError, match=r"already in use .*\[container-not-created\]"):
        docker.run(asked, output, cancel)
    docker.remove_containers(LABEL)


@pytest.mark.parametrize(
    "script",
    [
        "trap 'echo bye; exit' TERM; echo started; sleep 300 & wait",
        "trap '' TERM; echo started; sleep 300",
        "echo started; exec >&- 2>&-; sleep 300",
    ],
    ids=["one that ends when it is told to", "one that does not", "one without output"],
)
def test_a_cancelled_container_is_stopped_and_removed(
    docker: SdkDocker, base: str, cancel: threading.Event, script: str
) -> None:
    timer = threading.Timer(0.5, cancel.set)
    started_at: list[float] = []

    def cancel_soon(_: Stream, line: str) -> None:
        assert line == "started"
        started_at.append(time.monotonic())
        timer.start()

    with pytest.raises(Cancelled):
        docker.run(shell(base, script), cancel_soon, cancel)
    timer.join()
    assert 0.5 < time.monotonic() - started_at[0] < 8


def test_a_run_that_is_cancelled_beforehand_never_starts(
    docker: SdkDocker, base: str, output: Output, printed: list[tuple[Stream, str]]
) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        docker.run(shell(base, "echo started"), output, cancelled)
    assert printed == []


def test_a_container_is_removed_when_its_output_cannot_be_taken(
    docker: SdkDocker, base: str, cancel: threading.Event
) -> None:
    def full(_: Stream, __: str) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        docker.run(shell(base, "echo one; sleep 300"), full, cancel)


def test_containers_run_side_by_side(docker: SdkDocker, base: str, cancel: threading.Event) -> None:
    heard: list[list[str]] = [[], [], [], []]

    def run(number: int) -> int:
        script = f"for i in $(seq 1000); do echo {number}; done; sleep 0.5; exit {number}"
        return docker.run(shell(base, script), lambda _, line: heard[number].append(line), cancel)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [0, 1, 2, 3]
    assert heard == [[str(number)] * 1000 for number in range(4)]


def test_memory_is_limited_and_who_needs_more_is_told(
    docker: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    hungry = shell(base, "x=$(head -c 100000000 /dev/zero | tr '\\0' a); echo satisfied")
    asked = dataclasses.replace(hungry, memory=32 * 1024 * 1024)
    assert docker.run(asked, output, cancel) == 137
    assert printed == [
        (Stream.PROGRESS, "A program needed more than the 33554432 bytes of memory it may use.")
    ]
    assert docker.run(hungry, output, cancel) == 0


def test_limits_are_the_ones_that_the_engine_knows(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    asked = dataclasses.replace(request(base, "true"), memory=64 * 1024 * 1024, cpus=1.5, keep=True)
    docker.run(asked, output, cancel)
    limits = docker.api.inspect_container(asked.name)["HostConfig"]
    docker.remove_container(asked.name)
    assert limits["Memory"] == limits["MemorySwap"] == 64 * 1024 * 1024
    assert limits["NanoCpus"] == 1_500_000_000


@pytest.fixture
def network(docker: SdkDocker) -> Iterator[str]:
    key, _, value = LABEL.partition("=")
    name = f"pipeline-dsl-test-{uuid.uuid4().hex}"
    docker.create_network(name, {key: value})
    yield name
    docker.remove_network(name)
    assert docker.api.networks(names=[name]) == []


def test_containers_of_a_network_find_each_other_by_alias(
    docker: SdkDocker, base: str, cancel: threading.Event, network: str
) -> None:
    heard: list[str] = []
    beside = dataclasses.replace(shell(base, "echo up; sleep 300"), network=network, aliases=("db", "store"))
    docker.start(beside)
    script = "test $(getent hosts db | cut -d' ' -f1) = $(getent hosts store | cut -d' ' -f1) && echo same"
    asked = dataclasses.replace(shell(base, script), network=network)
    docker.run(asked, lambda _, line: heard.append(line), cancel)
    assert heard == ["same"]
    assert docker.container(beside.name).running
    assert docker.logs(beside.name, 5) == ("up",)
    docker.remove_container(beside.name)


def test_networks_are_removed_by_label(docker: SdkDocker, network: str) -> None:
    docker.create_network(f"{network}-other", {"another": "label"})
    docker.remove_networks(LABEL)
    assert [listed["Name"] for listed in docker.api.networks(names=[network])] == [f"{network}-other"]
    docker.remove_network(f"{network}-other")


def test_images_are_removed_by_their_repository_and_stay_if_they_have_another_name(
    docker: SdkDocker, base: str
) -> None:
    container = docker.api.create_container(base, "true")
    repository = "pipeline-dsl-test/removed"
    for tag in ("one", "two"):
        docker.api.commit(container, repository, tag)
    docker.api.tag(f"{repository}:two", "pipeline-dsl-test/removed-not", "three")
    docker.api.remove_container(container)
    docker.remove_images(repository)
    assert docker.api.images(name=repository) == []
    assert docker.image("pipeline-dsl-test/removed-not:three")
    docker.api.remove_image("pipeline-dsl-test/removed-not:three")


@pytest.fixture(scope="module")
def with_user(docker: SdkDocker, base: str) -> Iterator[str]:
    """An image whose user has a name of its own."""
    container = docker.api.create_container(base, ["useradd", "--uid", "4711", "worker"])
    docker.api.start(container)
    assert docker.api.wait(container)["StatusCode"] == 0
    docker.api.commit(container, "pipeline-dsl-test", "user", changes=["USER worker", 'CMD [""]'])
    docker.api.remove_container(container)
    yield "pipeline-dsl-test:user"
    docker.api.remove_image("pipeline-dsl-test:user")


@pytest.mark.parametrize(("image", "user"), [("base", "root"), ("with_user", "worker")])
def test_files_are_for_the_container_s_user_only(
    docker: SdkDocker, cancel: threading.Event, request: pytest.FixtureRequest, image: str, user: str
) -> None:
    heard: list[str] = []
    script = "cat /run/keys/deploy; stat -c '%U %a' /run/keys/deploy; whoami"
    asked = shell(request.getfixturevalue(image), script)
    asked = dataclasses.replace(asked, files={"/run/keys/deploy": b"a\0b\n", "/run/keys/other": b""})
    assert docker.run(asked, lambda _, line: heard.append(line), cancel) == 0
    assert heard == ["a\0b", f"{user} 400", user]


def test_a_file_below_a_file_cannot_be_put_there(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    asked = dataclasses.replace(request(base, "true"), files={"/etc/passwd/key": b"secret"})
    expected = r"cannot put /etc/passwd/key into the container: .*not a directory\. \[container-not-created\]"
    with pytest.raises(StepError, match=expected):
        docker.run(asked, output, cancel)


def test_a_variable_that_the_engine_does_not_like_is_named_without_its_value(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    asked = dataclasses.replace(request(base, "true"), environment={"": "secret"})
    with pytest.raises(
        StepError, match=r"invalid environment variable: =….*\[container-not-created\]"
    ) as failure:
        docker.run(asked, output, cancel)
    assert "secret" not in repr(asked)
    assert failure.value.__suppress_context__


@pytest.mark.parametrize("script", ["exit 3", "echo started; sleep 300"], ids=["failed", "cancelled"])
def test_a_container_that_is_to_be_kept_is_there_after_its_end(
    docker: SdkDocker, base: str, cancel: threading.Event, script: str
) -> None:
    asked = dataclasses.replace(shell(base, script), keep=True)
    if script == "exit 3":
        assert docker.run(asked, lambda *_: None, cancel) == 3
    else:
        with pytest.raises(Cancelled):
            docker.run(asked, lambda *_: cancel.set(), cancel)
    assert not docker.container(asked.name).running
    docker.remove_container(asked.name)
    docker.remove_container(asked.name)


def test_a_container_that_is_to_be_kept_but_does_not_start_is_removed(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    asked = dataclasses.replace(request(base, "no-such-command"), keep=True)
    with pytest.raises(StepError):
        docker.run(asked, output, cancel)
    with pytest.raises(StepError):
        docker.start(asked)


def test_further_commands_run_in_a_container(docker: SdkDocker, base: str, cancel: threading.Event) -> None:
    asked = shell(base, "sleep 300")
    docker.start(asked)
    assert docker.execute(asked.name, ("sh", "-c", "echo out; echo err >&2; exit 3"), cancel) in {
        Execution(3, "out\nerr"),
        Execution(3, "err\nout"),
    }
    missing = docker.execute(asked.name, ("no-such-command",), cancel)
    assert missing.exit_code in {126, 127}
    assert "no-such-command" in missing.output
    cancel.set()
    with pytest.raises(Cancelled):
        docker.execute(asked.name, ("sleep", "300"), cancel)
    docker.remove_container(asked.name)


def test_an_engine_is_told_from_another(docker: SdkDocker) -> None:
    assert docker.identity() == docker.api.info()["ID"]


def test_containers_are_removed_by_label(docker: SdkDocker, base: str) -> None:
    key, _, value = LABEL.partition("=")
    running = docker.api.create_container(base, ["sleep", "300"], labels={key: value})
    docker.api.start(running)
    docker.api.create_container(base, "true", labels={key: value})
    other = docker.api.create_container(base, "true", labels={key: "another"})
    docker.remove_containers(LABEL)
    assert docker.api.containers(all=True, filters={"label": LABEL}) == []
    docker.api.remove_container(other)


def test_a_run_that_loses_the_engine_says_so(
    docker: SdkDocker, wire: tuple[SdkDocker, Output], base: str, cancel: threading.Event
) -> None:
    distant, cut = wire
    with pytest.raises(EngineError, match=r"lost the connection .*\[engine-lost\]"):
        distant.run(shell(base, "echo started; sleep 300"), cut, cancel)
    docker.remove_containers(LABEL)
