"""What came of a step."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a step that passed.

    Arguments:
        detail: a few words about it.
        is_cached: whether nothing was done, as it had been done before.
    """

    detail: str = ""
    is_cached: bool = False
