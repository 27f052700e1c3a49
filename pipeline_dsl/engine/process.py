"""Programs of the operator's, which run beside us and not in a container."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING

from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.lines import Lines
from pipeline_dsl.engine.waiting import GLANCE, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.limit import Deadline

_GRACE = 3
"""Seconds that a program has to end by itself once it is told to."""

_PIPE = 1024 * 1024
"""Bytes that a pipe holds at most."""


@dataclasses.dataclass(frozen=True)
class Program:
    """A program to be started: without a shell, in the root directory and in a session of its own.

    Arguments:
        argv: the program and its arguments.
        environment: all of its environment variables.
        given: what it finds on its standard input.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = dataclasses.field(repr=False)
    given: bytes = dataclasses.field(default=b"", repr=False)


def start(program: Program) -> None:
    """Start a program and leave it to itself: it goes on when we have ended, and nobody hears what it says.

    Raises:
        OSError, ValueError: it cannot be started.
    """
    process = _started(program, subprocess.DEVNULL)
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()


def run(program: Program, output: Output, deadline: Deadline) -> int:
    """Run a program to its end, and pass on what it prints.

    What it leaves running in the background when it ends is not waited for.

    Returns:
        Its exit code; below 0 if a signal ended it.

    Raises:
        OSError, ValueError: it cannot be started.
        Cancelled, OverdueError: as the deadline says; it was ended, with all that it had started.
    """
    with _started(program, subprocess.PIPE) as process:
        try:
            _attend(process, output, deadline)
            while process.poll() is None:
                check(deadline)
                _wait(process, GLANCE)
        except BaseException:
            _end(process)
            raise
        return process.returncode


def _started(program: Program, destination: int) -> subprocess.Popen[bytes]:
    # A file, not a pipe: the program may read it whenever it likes, or not at all.
    with tempfile.TemporaryFile() as given:
        given.write(program.given)
        given.seek(0)
        return subprocess.Popen(  # noqa: S603 -- the operator's own command, and no shell
            program.argv,
            env=program.environment,
            cwd="/",
            stdin=given,
            stdout=destination,
            stderr=destination,
            start_new_session=True,
        )


def _attend(process: subprocess.Popen[bytes], output: Output, deadline: Deadline) -> None:
    """Pass on what a program prints, until it has closed both streams or ended."""
    lines = {Stream.STDOUT: Lines(), Stream.STDERR: Lines()}
    with selectors.DefaultSelector() as selector:
        for stream, pipe in _pipes(process):
            selector.register(pipe, selectors.EVENT_READ, stream)
        ended = False
        while selector.get_map() and not ended:
            check(deadline)
            ended = process.poll() is not None  # before the look at what it has printed, so that is all
            for key, _ in selector.select(0 if ended else GLANCE):
                piece = os.read(key.fd, _PIPE)
                for line in lines[key.data].feed(piece):
                    output(key.data, line)
                if not piece:
                    selector.unregister(key.fileobj)
    for stream, pending in lines.items():
        for line in pending.rest():
            output(stream, line)


def _pipes(process: subprocess.Popen[bytes]) -> Iterator[tuple[Stream, IO[bytes]]]:
    for stream, pipe in ((Stream.STDOUT, process.stdout), (Stream.STDERR, process.stderr)):
        if pipe is not None:
            yield stream, pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it has started: first ask, then do."""
    patience = time.monotonic() + _GRACE
    _signal(process, signal.SIGTERM)
    while _signal(process, 0) and time.monotonic() < patience:
        _wait(process, GLANCE)
        time.sleep(GLANCE / 10)  # what it has started may live on
    _signal(process, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to all processes of a program; tell whether there was one."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # none is left, or none that is ours
        return False
    return True
