"""Waiting for what may hang, but only until a deadline."""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from typing import TYPE_CHECKING, TypeVar

from pipeline_dsl.engine.docker import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.engine.limit import Deadline

_Result = TypeVar("_Result")

GLANCE = 0.1
"""Seconds between two looks at whether to give up: too short to be noticed, too long to cost anything."""


class OverdueError(Exception):
    """It took too long."""


def check(deadline: Deadline) -> None:
    """Go on, or give up.

    Raises:
        OverdueError: the time is up.
        Cancelled: the deadline's event was set.
    """
    if deadline.expired:
        raise OverdueError
    if deadline.is_set():
        raise Cancelled


def pause(seconds: float, deadline: Deadline) -> None:
    """Wait, unless it is time to give up; raises what ``check`` does."""
    deadline.wait(seconds)
    check(deadline)


def wait_for(work: Callable[[], _Result], deadline: Deadline) -> _Result:
    """Do something in a thread of its own, which is left to itself when it is time to give up.

    Raises what ``check`` does, and what the work raises.
    """
    future: concurrent.futures.Future[_Result] = concurrent.futures.Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- raised again where the result is awaited
            future.set_exception(error)

    threading.Thread(target=do, name="waited-for", daemon=True).start()
    while not future.done():
        check(deadline)
        with contextlib.suppress(concurrent.futures.TimeoutError):
            future.exception(GLANCE)
    return future.result()
