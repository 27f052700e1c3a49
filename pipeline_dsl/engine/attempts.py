"""Trying again what failed for a passing reason."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from pipeline_dsl.engine.docker import Cancelled, PassingError
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.errors import Problem

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from pipeline_dsl.engine.docker import Output

_Result = TypeVar("_Result")

_LONGEST = 30
"""Seconds between two attempts at most; it is 1 after the first, and twice as long after each further one."""


@dataclasses.dataclass(frozen=True)
class Attempts:
    """How something is tried.

    Arguments:
        retries: how often it is tried again.
        limit: how long one attempt may take; None for as long as it takes.
        output: gets why it is tried again.
        cancel: ends it when set.
    """

    retries: int
    limit: Limit | None
    output: Output
    cancel: threading.Event

    def take(self, what: str, action: Callable[[threading.Event], _Result]) -> _Result:
        """Do something, again if need be.

        Arguments:
            what: what it is, such as ``push host/name:tag``.
            action: does it; gets the event that ends it.

        Raises:
            PassingError: no attempt succeeded.
            Cancelled: ``cancel`` was set meanwhile.
        """
        for retry in range(self.retries):
            try:
                return self._attempt(what, action)
            except PassingError as error:
                pause = min(2**retry, _LONGEST)
                message = error.problems[0].message
                self.output(Stream.PROGRESS, f"{message} Trying again in {pause} s.")
                if self.cancel.wait(pause):
                    raise Cancelled from error
        return self._attempt(what, action)

    def _attempt(self, what: str, action: Callable[[threading.Event], _Result]) -> _Result:
        deadline = Deadline(self.cancel, self.limit)
        try:
            return action(deadline)
        except Cancelled as error:
            if self.cancel.is_set() or not deadline.expired:
                raise
            message = f"cannot {what}: it took more than {self.limit}."
            raise PassingError([Problem("push-timed-out", message)]) from error
