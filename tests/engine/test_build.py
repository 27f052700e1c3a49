"""Builds, by a real engine."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import BuildRequest, Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.errors import EngineError, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine


def tar(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def context(**files: bytes) -> Callable[[Mapping[str, bytes]], Iterable[bytes]]:
    """A context of files, sent in chunks that are no multiple of tar's blocks."""

    def chunks(extra: Mapping[str, bytes]) -> Iterator[bytes]:
        packed = tar({**files, **extra})
        yield from (packed[start : start + 700] for start in range(0, len(packed), 700))

    return chunks


def new() -> str:
    """A word that no build has met before, so that the steps with it are not cached."""
    return uuid.uuid4().hex


def request(dockerfile: str, **files: bytes) -> BuildRequest:
    return BuildRequest(dockerfile, target="production", context=context(**files))


def running(command: str) -> bool:
    """Whether some process of this machine, in a container or not, has the command."""
    return any(command.encode() in _command(process) for process in Path("/proc").glob("[0-9]*/cmdline"))


def _command(process: Path) -> bytes:
    try:
        return process.read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


@pytest.fixture(params=["buildkit", "legacy"])
def builder(request: pytest.FixtureRequest, docker: SdkDocker) -> SdkDocker:
    """The engine with each of its builders."""
    return dataclasses.replace(docker, buildkit=request.param == "buildkit")


def test_a_build_gives_the_image_and_tells_what_it_printed(
    builder: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    word = new()
    dockerfile = f"FROM {base} AS production\nRUN echo {word}; echo to stderr >&2\nRUN printf 'no line end'\n"
    result = builder.build(request(dockerfile), output, cancel)
    assert builder.image(result.image) is not None
    assert result.steps == 2
    assert [step.partition("] ")[2] for step in result.executed] == [
        f"RUN echo {word}; echo to stderr >&2",
        "RUN printf 'no line end'",
    ]
    assert (Stream.STDOUT, word) in printed
    assert (Stream.STDERR, "to stderr") in printed
    assert (Stream.STDOUT, "no line end") in printed
    assert all((Stream.PROGRESS, step) in printed for step in result.executed)


def test_the_same_build_again_is_cached_whole(
    builder: SdkDocker,
    base: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    dockerfile = f"FROM {base} AS production\nRUN echo {new()}\nCOPY file /file\nRUN cat /file\n"
    first = builder.build(request(dockerfile, file=b"content"), output, cancel)
    printed.clear()
    again = builder.build(request(dockerfile, file=b"content", unused=b"other"), output, cancel)
    assert again == dataclasses.replace(first, executed=())
    assert again.steps == 3
    assert sum(line.startswith("CACHED ") for _, line in printed) == 3
    assert not [line for stream, line in printed if stream is not Stream.PROGRESS]


def test_a_changed_file_is_copied_anew_and_so_is_what_follows(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    dockerfile = f"FROM {base} AS production\nRUN echo {new()}\nCOPY file /file\nRUN cat /file\n"
    builder.build(request(dockerfile, file=b"content"), output, cancel)
    again = builder.build(request(dockerfile, file=b"changed"), output, cancel)
    assert [step.partition("] ")[2] for step in again.executed] == ["COPY file /file", "RUN cat /file"]


def test_no_cache_executes_every_step_anew(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    same = request(f"FROM {base} AS production\nRUN echo {new()}\n")
    builder.build(same, output, cancel)
    again = builder.build(dataclasses.replace(same, no_cache=True), output, cancel)
    assert len(again.executed) == 1


def test_a_build_takes_target_tags_labels_and_arguments(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    tags = (f"pipeline-dsl-test:{new()}", f"pipeline-dsl-test:{new()}")
    asked = BuildRequest(
        f"FROM {base} AS production\nARG word\nENV WORD=$word\nFROM production AS other\nRUN false\n",
        target="production",
        context=context(),
        tags=tags,
        arguments={"word": "cafè & co"},
        labels={"label": "välue"},
    )
    result = builder.build(asked, output, cancel)
    images = [builder.image(tag) for tag in tags]
    for tag in tags:
        builder.api.remove_image(tag)
    assert [image.id for image in images if image] == [result.image, result.image]
    assert [image.environment["WORD"] for image in images if image] == ["cafè & co"] * 2
    assert [image.labels["label"] for image in images if image] == ["välue"] * 2


def test_a_failed_step_is_named_with_its_exit_code_and_the_end_of_its_output(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    dockerfile = f"FROM {base} AS production\nRUN echo before {new()}\nRUN seq 100; echo Oops; exit 3\n"
    with pytest.raises(StepError) as failure:
        builder.build(request(dockerfile), output, cancel)
    (problem,) = failure.value.problems
    assert problem.code == "build-failed"
    assert "RUN seq 100; echo Oops; exit 3 failed with exit code 3." in problem.message
    assert problem.excerpt.splitlines() == [*map(str, range(82, 101)), "Oops"]


def test_a_missing_file_is_a_failed_step(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    with pytest.raises(StepError, match=r"COPY nowhere /file failed as the engine says: .*nowhere.*not"):
        builder.build(request(f"FROM {base} AS production\nCOPY nowhere /file\n"), output, cancel)


def test_a_dockerfile_with_a_mistake_is_refused(
    builder: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    with pytest.raises(StepError) as failure:
        builder.build(request(f"FROM {base} AS production\nFLY away\n"), output, cancel)
    (problem,) = failure.value.problems
    assert problem.code == "build-refused"
    assert problem.message.startswith("the engine cannot build this: dockerfile parse error")
    assert "unknown instruction: FLY" in problem.message


def test_a_mount_without_buildkit_is_said_to_need_it(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    legacy = dataclasses.replace(docker, buildkit=False)
    dockerfile = f"FROM {base} AS production\nRUN --mount=type=cache,target=/cache true\n"
    with pytest.raises(StepError, match=r"RUN --mount=.* needs BuildKit.*\[buildkit-needed\]"):
        legacy.build(request(dockerfile), output, cancel)


def test_a_cancelled_build_ends_at_once_and_leaves_nothing_running(
    builder: SdkDocker, base: str, cancel: threading.Event
) -> None:
    sleep = f"sleep 300.{time.time_ns()}"
    cancelled_at = 0.0

    def cancel_when_it_sleeps(_: Stream, line: str) -> None:
        nonlocal cancelled_at
        if line == "started":
            assert running(sleep)
            cancelled_at = time.monotonic()
            cancel.set()

    dockerfile = f"FROM {base} AS production\nRUN {sleep} & sleep 0.1; echo started; wait\n"
    with pytest.raises(Cancelled):
        builder.build(request(dockerfile), cancel_when_it_sleeps, cancel)
    assert time.monotonic() - cancelled_at < 2
    while running(sleep):
        assert time.monotonic() - cancelled_at < 10
        time.sleep(0.1)


def test_a_build_is_cancelled_while_its_context_is_sent(
    docker: SdkDocker, base: str, output: Output, cancel: threading.Event
) -> None:
    def endless(_: Mapping[str, bytes]) -> Iterator[bytes]:
        yield tar({})[:512]
        cancel.set()
        while True:
            yield bytes(512)

    with pytest.raises(Cancelled):
        docker.build(BuildRequest(f"FROM {base}\n", "", endless), output, cancel)


def test_a_file_that_cannot_be_read_is_not_blamed_on_the_engine(
    docker: SdkDocker, tmp_path: Path, output: Output, cancel: threading.Event
) -> None:
    def unreadable(_: Mapping[str, bytes]) -> Iterator[bytes]:
        yield (tmp_path / "gone.txt").read_bytes()

    with pytest.raises(
        StepError, match=r"cannot read .*gone\.txt: No such file or directory\. \[context-unr"
    ):
        docker.build(BuildRequest("FROM scratch\n", "", unreadable), output, cancel)


def test_builds_go_through_the_proxy_of_dockers_configuration(
    builder: SdkDocker, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": {"noProxy": "localhost"}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    builder.build(
        request(f'FROM {base} AS production\nRUN echo "not for $no_proxy" {new()}\n'),
        lambda _, line: heard.append(line),
        threading.Event(),
    )
    assert any(line.startswith("not for localhost") for line in heard)


def test_several_builds_share_a_client(docker: SdkDocker, base: str, cancel: threading.Event) -> None:
    heard: dict[str, list[str]] = {new(): [] for _ in range(4)}

    def build(word: str) -> None:
        def keep(stream: Stream, line: str) -> None:
            if stream is Stream.STDOUT:
                heard[word].append(line)

        docker.build(request(f"FROM {base} AS production\nRUN echo {word}\n"), keep, cancel)

    threads = [threading.Thread(target=build, args=(word,)) for word in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {word: [word] for word in heard}


def test_a_build_that_loses_the_engine_says_so(
    wire: tuple[SdkDocker, Output], base: str, cancel: threading.Event
) -> None:
    distant, cut = wire
    dockerfile = f"FROM {base} AS production\nRUN echo {new()}; echo started; sleep 300\n"
    with pytest.raises(EngineError, match=r"lost the connection .*\[engine-lost\]"):
        distant.build(request(dockerfile), cut, cancel)
