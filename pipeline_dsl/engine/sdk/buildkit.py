"""What BuildKit tells while it builds: a graph of vertexes, each a step, each reported many times over."""

from __future__ import annotations

import base64
import collections
import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.lines import Lines
from pipeline_dsl.engine.sdk import buildkit_pb2
from pipeline_dsl.engine.sdk.progress import TAIL, failed_step, refused_build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.message import Message
    from pipeline_dsl.errors import Problem

_TRACE = "moby.buildkit.trace"
_STREAMS = {1: Stream.STDOUT, 2: Stream.STDERR}

_STEP = re.compile(r"\[[^\]]*\d+/\d+\] (?!FROM )")
"""A step of the Dockerfile: ``[2/3] RUN …``, ``[build  2/12] RUN …``."""

_UNTOLD = re.compile(r"\[internal\] |copy /context /$")
"""BuildKit's own chores, of no use to a reader; the second one unpacks the context that was sent."""

_WRAPPING = re.compile(r"failed to solve with frontend dockerfile\.v0: failed to create LLB definition: ")
"""What Engine 20.10 says before every complaint about a Dockerfile."""


@dataclasses.dataclass
class _Vertex:
    """What is known of a vertex by now."""

    name: str
    started: bool = False
    cached: bool = False
    error: str = ""
    lines: dict[Stream, Lines] = dataclasses.field(default_factory=lambda: collections.defaultdict(Lines))
    tail: collections.deque[str] = dataclasses.field(default_factory=lambda: collections.deque(maxlen=TAIL))

    @property
    def is_step(self) -> bool:
        """Whether the Dockerfile asks for it; ``FROM`` is no step."""
        return _STEP.match(self.name) is not None


class BuildkitProgress:
    """Follows a build by BuildKit.

    Arguments:
        output: gets the steps' names when they start, and what they print.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._vertexes: dict[str, _Vertex] = {}
        self._started: list[_Vertex] = []

    @property
    def steps(self) -> int:
        """How many steps of the Dockerfile the build went through; ``FROM`` is none."""
        return sum(1 for _ in self._steps())

    @property
    def executed(self) -> tuple[str, ...]:
        """Names of those that were not in the build cache, in the order in which they started."""
        return tuple(step.name for step in self._steps() if not step.cached)

    def take(self, message: Message) -> None:
        """Pass on what the message says."""
        if message.id != _TRACE or not isinstance(message.aux, str):
            return
        status = buildkit_pb2.StatusResponse.FromString(base64.b64decode(message.aux))
        for vertex in status.vertexes:
            self._take_vertex(vertex)
        for log in status.logs:
            self._take_log(log)

    def failure(self, error: str) -> Problem:
        """Say what failed, given the error that ended the build."""
        for vertex in self._vertexes.values():
            # Steps that ran beside the one that failed have errors too: that they were cancelled.
            if vertex.error and vertex.error in error:
                return failed_step(vertex.name, vertex.error, vertex.tail)
        return refused_build(_WRAPPING.sub("", error))

    def _steps(self) -> Iterator[_Vertex]:
        return (vertex for vertex in self._started if vertex.is_step)

    def _take_vertex(self, told: buildkit_pb2.Vertex) -> None:
        vertex = self._vertexes.setdefault(told.digest, _Vertex(told.name))
        vertex.error = told.error or vertex.error
        if told.HasField("started"):
            self._start(vertex, cached=told.cached)
        if told.HasField("completed"):
            self._complete(vertex)

    def _start(self, vertex: _Vertex, *, cached: bool) -> None:
        if cached and not vertex.cached and vertex.is_step:
            # Perhaps told before: BuildKit starts on a COPY before it knows that the files are the same.
            self._output(Stream.PROGRESS, f"CACHED {vertex.name}")
        elif not vertex.started and not _UNTOLD.match(vertex.name):
            self._output(Stream.PROGRESS, vertex.name)
        if not vertex.started:
            self._started.append(vertex)
        vertex.started = True
        vertex.cached = vertex.cached or cached

    def _take_log(self, log: buildkit_pb2.VertexLog) -> None:
        stream = _STREAMS.get(log.stream, Stream.STDERR)
        vertex = self._vertexes.setdefault(log.vertex, _Vertex(log.vertex))
        self._print(vertex, stream, vertex.lines[stream].feed(log.msg))

    def _complete(self, vertex: _Vertex) -> None:
        for stream, lines in vertex.lines.items():
            self._print(vertex, stream, lines.rest())

    def _print(self, vertex: _Vertex, stream: Stream, lines: list[str]) -> None:
        for line in lines:
            vertex.tail.append(line)
            self._output(stream, line)
