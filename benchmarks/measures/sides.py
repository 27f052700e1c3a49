"""Commands that are measured side by side, each as a process of its own."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


def _nothing() -> None:
    pass


def _anything(_: str) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Side:
    """One of the commands that are compared.

    Arguments:
        command: the command.
        directory: where it is given.
        environ: its variables.
        before: what has to be done before each time; it is not measured.
        check: raises SystemExit if what the command printed is not what it is measured for.
    """

    command: Sequence[str]
    directory: Path
    environ: Mapping[str, str]
    before: Callable[[], None] = _nothing
    check: Callable[[str], None] = _anything


@dataclasses.dataclass(frozen=True)
class Sample:
    """What a command took once.

    Arguments:
        seconds: from its start to its end.
        memory: bytes that the largest of its processes had in memory at most.
    """

    seconds: float
    memory: int


def measure(side: Side) -> Sample:
    """Run a command once.

    Raises:
        SystemExit: it failed, or did something else than it is measured for.
    """
    side.before()
    start = time.perf_counter()
    process = subprocess.Popen(
        side.command, cwd=side.directory, env=side.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if process.stdout is None:
        raise ValueError("it has a pipe")
    with process.stdout as pipe:
        output = pipe.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(side.command)} ended with {process.returncode}:\n{output}")
    side.check(output)
    return Sample(seconds, usage.ru_maxrss * 1024)


def compare(sides: Sequence[Side], rounds: int) -> list[list[Sample]]:
    """Measure commands in rounds, each of which begins with another one.

    What else the machine does weighs on all of them, and so does what one leaves to the next. A first round
    is not counted.

    Arguments:
        sides: the commands.
        rounds: how many times to measure each.

    Returns:
        The samples of each command, in the order of the rounds.
    """
    samples: list[list[Sample]] = [[] for _ in sides]
    for number in range(rounds + 1):
        for turn in range(len(sides)):
            which = (turn + number) % len(sides)
            sample = measure(sides[which])
            if number:
                samples[which].append(sample)
    return samples


def seconds(samples: Sequence[Sample]) -> list[float]:
    """Give how long each took."""
    return [sample.seconds for sample in samples]
