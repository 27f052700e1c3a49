"""A limit of time for what takes a ``cancel`` event."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import threading
import time
from typing import TYPE_CHECKING

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Limit:
    """How long something may take.

    Arguments:
        seconds: that long.
        set_by: what says so, such as ``Run(timeout=…)``.
    """

    seconds: float
    set_by: str

    def __str__(self) -> str:
        return f"the {self.seconds:g} s that {self.set_by} allows"


def setting_limit(seconds: float, name: str) -> Limit | None:
    """Give the limit that a setting of the operator's is; none where it is 0."""
    return Limit(seconds, f"the setting {name}") if seconds else None


class Deadline(threading.Event):
    """An event that is set as soon as another one is, or the time is up.

    Arguments:
        cancel: the other event.
        limit: how much time there is, from now; None for any.
    """

    def __init__(self, cancel: threading.Event, limit: Limit | None = None) -> None:
        super().__init__()
        self._cancel = cancel
        self._end = time.monotonic() + limit.seconds if limit else math.inf

    @property
    def expired(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def is_set(self) -> bool:
        """Tell whether it is set, the other event is, or the time is up."""
        return super().is_set() or self._cancel.is_set() or self.expired

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the other event or the time, not for somebody who sets this one; then see ``is_set``."""
        patience = math.inf if timeout is None else timeout
        seconds = max(min(patience, self._end - time.monotonic()), 0)
        self._cancel.wait(min(seconds, threading.TIMEOUT_MAX))
        return self.is_set()


@contextlib.contextmanager
def in_time(what: str, cancel: threading.Event, limit: Limit | None) -> Iterator[Deadline]:
    """Let something take so long, and no longer.

    Arguments:
        what: what, as the beginning of a sentence.
        cancel: what else ends it.
        limit: how long; None for as long as it likes.

    Raises:
        StepError: instead of ``Cancelled``, where the time was up.
    """
    try:
        yield Deadline(cancel, limit)
    except Cancelled as error:
        if limit is None or cancel.is_set():
            raise
        message = f"{what} was ended: it took longer than {limit}."
        raise StepError([Problem("timed-out", message, hint="Give it more time there.")]) from error
