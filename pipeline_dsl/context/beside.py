"""Work in a second process, while this one does something else."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH_SIZE = 8


def can_fork() -> bool:
    """Say whether a second process is safe, and has a processor of its own.

    A process with several threads must not fork: what the others hold locked, stays so in the child.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0)) > 1


class Beside:
    """A second process.

    Arguments:
        work: gives its answer.
        after: done by it when this process has the answer.

    Raises:
        OSError: there are too many processes.
    """

    def __init__(self, work: Callable[[], bytes], after: Callable[[], None] = lambda: None) -> None:
        receiving, sending = os.pipe()
        try:
            self._child = os.fork()
        except OSError:
            os.close(receiving)
            os.close(sending)
            raise
        if not self._child:
            os.close(receiving)  # or it would wait for itself to read its answer
            _work(work, after, sending)
        os.close(sending)
        self._pipe = open(receiving, "rb")  # noqa: PTH123, SIM115 -- it has no path, and is closed later

    def answer(self) -> bytes | None:
        """Wait for the answer; None if there is none. To be asked once."""
        with self._pipe as pipe:
            size = int.from_bytes(pipe.read(_LENGTH_SIZE), "big")
            answer = pipe.read()
        return answer if answer and len(answer) == size else None

    def end(self) -> None:
        """Wait for the end of the process, which comes soon where nobody wants its answer any more."""
        self._pipe.close()
        with contextlib.suppress(ChildProcessError):  # somebody else collects all children
            os.waitpid(self._child, 0)


def _work(work: Callable[[], bytes], after: Callable[[], None], sending: int) -> NoReturn:
    """Do the work of the second process, and end it without any of the first one's farewells."""
    try:
        answer = work()
        with open(sending, "wb") as pipe:
            pipe.write(len(answer).to_bytes(_LENGTH_SIZE, "big"))
            pipe.write(answer)
        after()
    finally:
        os._exit(0)
