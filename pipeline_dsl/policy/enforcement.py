"""Holding a project to policies."""

from __future__ import annotations

import contextlib
import sys
import types
from typing import TYPE_CHECKING, cast

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.policy.declaration import Violation
from pipeline_dsl.policy.failure import failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.policy.declaration import Policy
    from pipeline_dsl.resolve import Resolved


def enforce(resolved: Resolved, policies: Iterable[Policy]) -> None:
    """Make sure that a project keeps to policies. What these print goes to standard error.

    Arguments:
        resolved: the project.
        policies: what it has to keep to.

    Raises:
        DefinitionError: the project breaks a policy, or a policy cannot be applied; everything that is
            found by any of them is named, each violation with the line of its variant.
    """
    with contextlib.redirect_stdout(sys.stderr):
        problems = [problem for policy in policies for problem in _problems(policy, resolved)]
    if problems:
        raise DefinitionError(dict.fromkeys(problems))


def _problems(policy: Policy, resolved: Resolved) -> Iterator[Problem]:
    try:
        for violation in _violations(policy, resolved):
            yield _problem(violation, resolved)
    except DefinitionError as error:
        yield from error.problems
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a policy is anybody's code
        name = getattr(policy, "__name__", repr(policy))
        yield failure(f'policy "{name}"', error, _place(policy))


def _violations(policy: Policy, resolved: Resolved) -> Iterator[Violation]:
    given = cast("Iterable[object] | None", policy(resolved))
    if given is None:
        raise TypeError("it gives None, where it should give violations or an empty list")
    for violation in given:
        if not isinstance(violation, Violation):
            raise TypeError(f"it gives {violation!r}, where it should give a Violation")
        yield violation


def _problem(violation: Violation, resolved: Resolved) -> Problem:
    variant = resolved.variants.get(violation.variant)
    message = f'variant "{violation.variant}", {violation.field}: {violation.message}'
    return Problem("policy-violated", message, variant.at if variant else None, violation.hint)


def _place(policy: Policy) -> Position | None:
    """Find where a policy stands, if it is a plain function."""
    code = getattr(policy, "__code__", None)
    return Position(code.co_filename, code.co_firstlineno) if isinstance(code, types.CodeType) else None
