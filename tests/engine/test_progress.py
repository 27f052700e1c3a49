"""What builders tell, decoded without an engine."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import hypothesis
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.lines import Lines
from pipeline_dsl.engine.sdk.buildkit import BuildkitProgress
from pipeline_dsl.engine.sdk.buildkit_pb2 import StatusResponse, Vertex, VertexLog, VertexWarning
from pipeline_dsl.engine.sdk.legacy import LegacyProgress
from pipeline_dsl.engine.sdk.message import Message

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output

NOW = Timestamp(seconds=1)


def trace(*told: Vertex | VertexLog | VertexWarning) -> Message:
    status = StatusResponse(
        vertexes=[it for it in told if isinstance(it, Vertex)],
        logs=[it for it in told if isinstance(it, VertexLog)],
        warnings=[it for it in told if isinstance(it, VertexWarning)],
    )
    return Message(id="moby.buildkit.trace", aux=base64.b64encode(status.SerializeToString()).decode())


@pytest.fixture
def buildkit(output: Output) -> BuildkitProgress:
    return BuildkitProgress(output)


@pytest.fixture
def legacy(output: Output) -> LegacyProgress:
    return LegacyProgress(output)


def test_a_step_is_told_once_when_it_starts(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]]
) -> None:
    name = "[build  2/12] RUN make"
    buildkit.take(trace(Vertex(digest="a", name=name)))
    assert printed == []
    buildkit.take(trace(Vertex(digest="a", name=name, started=NOW)))
    buildkit.take(trace(Vertex(digest="a", name=name, started=NOW, completed=NOW)))
    assert printed == [(Stream.PROGRESS, name)]
    assert (buildkit.steps, buildkit.executed) == (1, (name,))


def test_a_step_that_never_started_counts_for_nothing(buildkit: BuildkitProgress) -> None:
    buildkit.take(trace(Vertex(digest="a", name="[2/2] RUN make")))
    assert (buildkit.steps, buildkit.executed) == (0, ())


def test_a_step_may_turn_out_to_be_cached_after_it_started(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]]
) -> None:
    buildkit.take(trace(Vertex(digest="a", name="[2/2] COPY a b", started=NOW)))
    for _ in range(2):
        buildkit.take(trace(Vertex(digest="a", name="[2/2] COPY a b", started=NOW, cached=True)))
    assert [line for _, line in printed] == ["[2/2] COPY a b", "CACHED [2/2] COPY a b"]
    assert (buildkit.steps, buildkit.executed) == (1, ())


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("[2/3] RUN make", 1),
        ("[stage-1  2/13] COPY . .", 1),
        ("[linux/amd64 build 2/3] RUN make", 1),
        ("[1/3] FROM docker.io/library/debian", 0),
        ("[build  1/13] FROM docker.io/library/debian", 0),
        ("exporting to image", 0),
    ],
)
def test_what_the_dockerfile_asks_for_is_a_step_except_from(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]], name: str, steps: int
) -> None:
    buildkit.take(trace(Vertex(digest="a", name=name, started=NOW)))
    assert printed == [(Stream.PROGRESS, name)]
    assert buildkit.steps == steps


@pytest.mark.parametrize("name", ["[internal] load remote build context", "copy /context /"])
def test_chores_are_not_told(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]], name: str
) -> None:
    buildkit.take(trace(Vertex(digest="a", name=name, started=NOW, cached=True)))
    assert printed == []
    assert buildkit.steps == 0


def test_lines_are_put_together_for_each_step_and_stream(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]]
) -> None:
    buildkit.take(
        trace(
            VertexLog(vertex="a", stream=1, msg=b"a o"),
            VertexLog(vertex="b", stream=1, msg=b"b one\nb t"),
            VertexLog(vertex="a", stream=2, msg=b"a error\n"),
        )
    )
    buildkit.take(trace(VertexLog(vertex="a", stream=1, msg=b"ne\n")))
    buildkit.take(trace(Vertex(digest="b", name="[2/2] RUN b", started=NOW, completed=NOW)))
    output = [(stream, line) for stream, line in printed if stream is not Stream.PROGRESS]
    assert output == [
        (Stream.STDOUT, "b one"),
        (Stream.STDERR, "a error"),
        (Stream.STDOUT, "a one"),
        (Stream.STDOUT, "b t"),
    ]


def test_the_step_that_failed_is_blamed_not_those_that_were_cancelled_with_it(
    buildkit: BuildkitProgress,
) -> None:
    error = 'process "/bin/sh -c b" did not complete successfully: exit code: 2'
    buildkit.take(
        trace(
            Vertex(digest="a", name="[a 2/2] RUN a", started=NOW, completed=NOW, error="context canceled"),
            Vertex(digest="b", name="[b 2/2] RUN b", started=NOW, completed=NOW, error=error),
            VertexLog(vertex="a", stream=1, msg=b"all well\n"),
            VertexLog(vertex="b", stream=2, msg=b"not well\n"),
        )
    )
    problem = buildkit.failure(f"failed to solve: {error}")
    assert problem.message == "the build step [b 2/2] RUN b failed with exit code 2."
    assert problem.excerpt == "not well"


def test_warnings_and_messages_of_other_kinds_are_passed_over(
    buildkit: BuildkitProgress, printed: list[tuple[Stream, str]]
) -> None:
    buildkit.take(trace(VertexWarning(vertex="a", short=b"old syntax")))
    buildkit.take(Message(id="moby.image.id", aux={"ID": "sha256:0"}))
    assert printed == []


def test_the_log_of_the_legacy_builder_is_taken_apart(
    legacy: LegacyProgress, printed: list[tuple[Stream, str]]
) -> None:
    for text in (
        *("Step 1/3 : FROM debian", "\n", " ---> 250130fd3082\n"),
        *("Step 2/3 : RUN make", "\n", " ---> Using cache\n", " ---> 349476a9d595\n"),
        *("Step 3/3 : RUN test", "\n", " ---> Running in 3c01607a6b58\n", "pas", "sed\nleft"),
        *("\x1b[91moops\n\x1b[0m", " ---> Removed intermediate container 3c01607a6b58\n"),
        *("Successfully built 565ebdddc47b\n", "Successfully tagged it:latest\n"),
    ):
        legacy.take(Message(stream=text))
    assert printed == [
        (Stream.PROGRESS, "[1/3] FROM debian"),
        (Stream.PROGRESS, "[2/3] RUN make"),
        (Stream.PROGRESS, "CACHED [2/3] RUN make"),
        (Stream.PROGRESS, "[3/3] RUN test"),
        (Stream.STDOUT, "passed"),
        (Stream.STDERR, "oops"),
        (Stream.STDOUT, "left"),
    ]
    assert (legacy.steps, legacy.executed) == (2, ("[3/3] RUN test",))


def test_podman_writes_its_log_a_little_differently(
    legacy: LegacyProgress, printed: list[tuple[Stream, str]]
) -> None:
    for text in (
        *("[1/2] STEP 1/2: FROM debian\n", "[1/2] STEP 2/2: RUN make\n", "--> Using cache 250130fd3082\n"),
        *("[2/2] STEP 1/2: FROM debian\n", "[2/2] STEP 2/2: RUN test\n", "no line end"),
        *("[2/2] COMMIT docker.io/library/it:latest\n", "--> 565ebdddc47b\n", "0123456789abcdef" * 4 + "\n"),
    ):
        legacy.take(Message(stream=text))
    assert [line for _, line in printed] == [
        "[1/2 1/2] FROM debian",
        "[1/2 2/2] RUN make",
        "CACHED [1/2 2/2] RUN make",
        "[2/2 1/2] FROM debian",
        "[2/2 2/2] RUN test",
        "no line end",
    ]
    assert (legacy.steps, legacy.executed) == (2, ("[2/2 2/2] RUN test",))


@hypothesis.given(strategies.lists(strategies.text(alphabet="ab\u00e4\n")), strategies.data())
def test_lines_do_not_depend_on_how_the_output_was_cut(texts: list[str], data: strategies.DataObject) -> None:
    output = "".join(texts).encode()
    cuts = data.draw(strategies.lists(strategies.integers(0, len(output))).map(sorted))
    lines = Lines()
    given = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True)
        for line in lines.feed(output[start:end])
    ]
    assert given + lines.rest() == output.decode().removesuffix("\n").split("\n") * bool(output)
