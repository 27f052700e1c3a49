"""A limit of time for what takes a ``cancel`` event."""

from __future__ import annotations

import dataclasses
import math
import threading
import time


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
