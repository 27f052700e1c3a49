"""What is going to become of a step, as far as it can be told."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What is going to become of a step.

    Arguments:
        state: ``cached``, ``will build``, ``will run``, ``may run`` and the like.
        reason: why, in one line, such as ``built 2 h ago`` or ``src/app.js changed``; empty for none.
    """

    state: str
    reason: str = ""
