"""What a build tells while it goes on, whichever builder the engine has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.engine.sdk.message import Message

TAIL = 20
"""Lines of a failed step's output that its problem shows: a compiler's message, not the whole log."""

_EXIT_CODE = re.compile(r"(?:exit code|exit status|non-zero code):? (\d+)")


class Progress(Protocol):
    """Follows one build."""

    @property
    def steps(self) -> int:
        """How many steps of the Dockerfile the build went through; ``FROM`` is none."""

    @property
    def executed(self) -> tuple[str, ...]:
        """Names of those that were not in the build cache, in the order in which they started."""

    def take(self, message: Message) -> None:
        """Pass on what the message says."""

    def failure(self, error: str) -> Problem:
        """Say what failed, given the error that ended the build."""


def failed_step(step: str, error: str, tail: Iterable[str]) -> Problem:
    """Describe the failure of one step.

    Arguments:
        step: its name, such as ``[build 2/3] RUN npm ci``.
        error: the engine's words.
        tail: the last lines that it printed.
    """
    code = _EXIT_CODE.search(error)
    outcome = f"with exit code {code[1]}" if code else f"as the engine says: {error}"
    return Problem("build-failed", f"the build step {step} failed {outcome}.", excerpt="\n".join(tail))


def refused_build(error: str) -> Problem:
    """Describe a build that failed before or between its steps.

    Arguments:
        error: the engine's words.
    """
    return Problem("build-refused", f"the engine cannot build this: {error}")
