"""Names on a command line, and whether there is what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def check_known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    """Make sure that there is what names name.

    Arguments:
        what: the kind of thing that they name, such as ``stage``.
        names: the names.
        known: all names of that kind.

    Raises:
        UsageError: some name nothing, with a problem for each.
    """
    problems = [
        Problem(
            f"unknown-{what.replace(' ', '-')}",
            f'There is no {what} "{name}".',
            hint=did_you_mean(name, known) or f"There are: {', '.join(known) or 'none'}.",
        )
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if problems:
        raise UsageError(problems)
