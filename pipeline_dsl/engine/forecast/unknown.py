"""What cannot be told before a run."""

from __future__ import annotations


class UnknownError(Exception):
    """Something is only known when earlier steps are done.

    Arguments:
        reason: what, such as ``${unit.output} is only known in the run``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
