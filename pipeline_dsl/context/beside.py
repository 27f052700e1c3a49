"""Work in a second process, while this one does something else."""

from __future__ import annotations

import contextlib
import os
import select
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


_PAUSE = 3.0
"""Seconds in which there is something better to do than what is left to later runs."""


class Beside:
    """A second process.

    Arguments:
        work: gives its answer.
        after: done by it some seconds after the answer, or when its end is waited for.

    Raises:
        OSError: there are too many processes.
    """

    def __init__(self, work: Callable[[], bytes], after: Callable[[], None] | None = None) -> None:
        # An answer goes through memory that both have; the pipe only says that it is there. It would hold a
        # hundredth of a large one, and the child would wait until this process has time for the rest.
        self._answer = open(os.memfd_create("answer"), "w+b")  # noqa: PTH123, SIM115 -- no path, closed later
        receiving, sending = os.pipe()
        wanted, wanting = os.pipe()
        try:
            self._child = os.fork()
        except OSError:
            for number in (receiving, sending, wanted, wanting):
                os.close(number)
            self._answer.close()
            raise
        if not self._child:
            # Or it would wait for itself to read its answer, and to want its end.
            os.close(receiving)
            os.close(wanting)
            _work(work, after, self._answer, sending, wanted)
        os.close(sending)
        os.close(wanted)
        self._pipe = open(receiving, "rb")  # noqa: PTH123, SIM115 -- as above
        self._wanting = open(wanting, "wb")  # noqa: PTH123, SIM115 -- as above

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
        self._wanting.close()
        with contextlib.suppress(ChildProcessError):  # somebody else collects all children
            os.waitpid(self._child, 0)


def _work(
    work: Callable[[], bytes],
    after: Callable[[], None] | None,
    answer: IO[bytes],
    sending: int,
    wanted: int,
) -> NoReturn:
    """Do the work of the second process, and end it without any of the first one's farewells."""
    try:
        answer.write(work())
        answer.flush()
        os.write(sending, b"!")
        os.close(sending)
        if after:
            select.select([wanted], [], [], _PAUSE)
            after()
    finally:
        os._exit(0)
