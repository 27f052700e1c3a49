"""Evaluating a Python file of policies."""

from __future__ import annotations

import contextlib
import sys
import types
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.load.compilation import compiled
from pipeline_dsl.policy.declaration import declared
from pipeline_dsl.policy.failure import failure

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.policy.declaration import Policy


def evaluate(file: Path, text: str) -> tuple[Policy, ...]:
    """Evaluate a file in a module of its own. What it prints goes to standard error.

    Arguments:
        file: the file.
        text: what it holds.

    Returns:
        The policies that it declares, in order.

    Raises:
        DefinitionError: it cannot be evaluated, or declares none.
    """
    module = types.ModuleType(f"policies of {file.resolve()}")  # which nobody can import by accident
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses of the file look for their names
    try:
        with contextlib.redirect_stdout(sys.stderr):
            exec(compiled(text, file), module.__dict__)  # noqa: S102 -- what evaluating means
    except (Exception, SystemExit) as error:
        raise DefinitionError([failure(str(file), error, Position(str(file), 1))]) from error
    policies = declared(module)
    if not policies:
        message = "this file declares no policy."
        hint = "Write @policy, from pipeline_dsl.policy, above each function that is one."
        raise DefinitionError([Problem("no-policy", message, Position(str(file), 1), hint)])
    return policies
