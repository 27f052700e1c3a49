"""The states of a step, a stage or a run as people see them."""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class State(enum.Enum):
    """Where a step, a stage or a run has got to; those that matter most while it runs come first.

    The values of those that are over are the values of the engine's ``Status``.
    """

    RUNNING = "running"
    BROKEN = "broken"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WAITING = "waiting"
    PASSED = "passed"
    CACHED = "cached"
    NOT_RUN = "not run"

    @property
    def mark(self) -> str:
        """One cell that tells the state without colour."""
        return _LOOKS[self][0]

    @property
    def style(self) -> str:
        """The state's style, in rich's words."""
        return _LOOKS[self][1]


_LOOKS = {
    State.RUNNING: ("▸", "yellow"),
    State.BROKEN: ("!", "red"),
    State.FAILED: ("✗", "red"),
    State.CANCELLED: ("■", "yellow"),
    State.WAITING: ("·", "dim"),
    State.PASSED: ("✓", "green"),
    State.CACHED: ("≡", "cyan"),
    State.NOT_RUN: ("○", "dim"),
}

TROUBLES = frozenset({State.BROKEN, State.FAILED})
"""The states that somebody has to look into."""


def tally(states: Iterable[State]) -> str:
    """Count states, such as ``2 running, 1 failed, 4 waiting``.

    Arguments:
        states: the states, in any order.
    """
    counts = Counter(states)
    return ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
