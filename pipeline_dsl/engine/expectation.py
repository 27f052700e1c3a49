"""What was expected to be cached, and is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.failure import FailedError
from pipeline_dsl.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.plan.reasons import Reason


def unexpected(what: str, reasons: Iterable[Reason]) -> FailedError:
    """Give the error of something that --expect-cached forbids.

    Arguments:
        what: what would be done, such as ``variant "test" would be built``.
        reasons: why.
    """
    why = "; ".join(line for reason in reasons for line in (reason.text, *reason.details))
    message = f"{what}{': ' if why else ''}{why}."
    hint = "Run without --expect-cached."
    return FailedError(Problem("not-cached", message, hint=hint), "not cached")
