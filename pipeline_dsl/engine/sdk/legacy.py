"""What the legacy builder tells while it builds: its log, with the output of the steps in between."""

from __future__ import annotations

import collections
import re
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.lines import Lines
from pipeline_dsl.engine.sdk.progress import TAIL, failed_step, refused_build
from pipeline_dsl.errors import Problem

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.message import Message

_STEP = re.compile(
    r"(?:\[(?P<stage>\d+/\d+)\] )?step (?P<place>\d+/\d+) ?: (?P<instruction>.*)", re.IGNORECASE
)
"""Docker writes ``Step 2/3 : RUN …``; Podman ``STEP 2/3: RUN …``, with several stages ``[1/2] STEP …``."""

_CACHED = re.compile(r" ?-+> Using cache")

_OWN_WORDS = re.compile(
    r" ?-+> |Removing intermediate container |Successfully (?:built|tagged) "
    r"|(?:\[\d+/\d+\] )?COMMIT |[0-9a-f]{64}$"
)
"""Lines of the builder itself, which say nothing that the steps' names do not."""

_STDERR = re.compile("\x1b\\[91m(.*)\x1b\\[0m", re.DOTALL)
"""The builder paints what a step writes to stderr red, as its log has one stream only."""


class LegacyProgress:
    """Follows a build by Docker's legacy builder or by Podman.

    Arguments:
        output: gets the steps' names when they start, and what they print.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lines = {Stream.STDOUT: Lines(), Stream.STDERR: Lines()}
        self._step = ""
        self._tail: collections.deque[str] = collections.deque(maxlen=TAIL)
        self._started: list[str] = []
        self._cached: set[str] = set()

    @property
    def steps(self) -> int:
        """How many steps of the Dockerfile the build went through; ``FROM`` is none."""
        return len(self._started)

    @property
    def executed(self) -> tuple[str, ...]:
        """Names of those that were not in the build cache, in the order in which they started."""
        return tuple(step for step in self._started if step not in self._cached)

    def take(self, message: Message) -> None:
        """Pass on what the message says."""
        painted = _STDERR.fullmatch(message.stream)
        stream = Stream.STDERR if painted else Stream.STDOUT
        text = painted[1] if painted else message.stream
        if _OWN_WORDS.match(text) or _STEP.match(text):
            self._flush()
        for line in self._lines[stream].feed(text.encode()):
            self._take_line(stream, line)

    def failure(self, error: str) -> Problem:
        """Say what failed, given the error that ended the build."""
        self._flush()
        if "requires BuildKit" in error:
            return Problem(
                "buildkit-needed",
                f"the build step {self._step} needs BuildKit, which this engine does not offer.",
                hint="Use Docker Engine 20.10 or later, with BuildKit not turned off in its configuration.",
            )
        return failed_step(self._step, error, self._tail) if self._step else refused_build(error)

    def _take_line(self, stream: Stream, line: str) -> None:
        if step := _STEP.fullmatch(line):
            self._start(_name(step))
        elif _CACHED.match(line):
            self._cached.add(self._step)
            self._output(Stream.PROGRESS, f"CACHED {self._step}")
        elif line and not _OWN_WORDS.match(line):
            self._print(stream, line)

    def _start(self, step: str) -> None:
        self._flush()
        self._step = step
        self._tail.clear()
        if "] FROM " not in step:
            self._started.append(step)
        self._output(Stream.PROGRESS, step)

    def _flush(self) -> None:
        for stream, lines in self._lines.items():
            for line in lines.rest():
                self._print(stream, line)

    def _print(self, stream: Stream, line: str) -> None:
        self._tail.append(line)
        self._output(stream, line)


def _name(step: re.Match[str]) -> str:
    """Name a step as BuildKit would: ``[2/3] RUN …``, ``[1/2 2/3] RUN …``."""
    place = " ".join(filter(None, (step["stage"], step["place"])))
    return f"[{place}] {step['instruction']}"
