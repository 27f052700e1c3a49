"""Work in a second process, while this one does something else."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


def can_fork() -> bool:
    """Say whether a second process is safe, and has a processor of its own.

    A process with several threads must not fork: what the others hold locked, stays so in the child.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0)) > 1


_LEAST = 19
"""What makes a process wait for all others."""


class Beside:
    """A second process.

    Arguments:
        work: gives its answer.
        after: done by it when this process has the answer, and nobody else wants the processor.

    Raises:
        OSError: there are too many processes.
    """

    def __init__(self, work: Callable[[], bytes], after: Callable[[], None] = lambda: None) -> None:
        # An answer goes through memory that both have; the pipe only says that it is there. It would hold a
        # hundredth of a large one, and the child would wait until this process has time for the rest.
        self._answer = open(os.memfd_create("answer"), "w+b")  # noqa: PTH123, SIM115 -- no path, closed later
        receiving, sending = os.pipe()
        try:
            self._child = os.fork()
        except OSError:
            os.close(receiving)
            os.close(sending)
            self._answer.close()
            raise
        if not self._child:
            os.close(receiving)  # or it would wait for itself to read its answer
            _work(work, after, self._answer, sending)
        os.close(sending)
        self._pipe = open(receiving, "rb")  # noqa: PTH123, SIM115 -- as above

    def answer(self) -> bytes | None:
        """Wait for the answer; None if there is none. To be asked once."""
        with self._pipe as pipe, self._answer as answer:
            if not pipe.read():
                return None
            answer.seek(0)
            return answer.read()

    def end(self) -> None:
        """Wait for the end of the process, which comes soon where nobody wants its answer any more."""
        self._pipe.close()
        self._answer.close()
        with contextlib.suppress(ChildProcessError):  # somebody else collects all children
            os.waitpid(self._child, 0)


def _work(work: Callable[[], bytes], after: Callable[[], None], answer: IO[bytes], sending: int) -> NoReturn:
    """Do the work of the second process, and end it without any of the first one's farewells."""
    try:
        answer.write(work())
        answer.flush()
        os.write(sending, b"!")
        os.close(sending)
        os.nice(_LEAST)
        after()
    finally:
        os._exit(0)
