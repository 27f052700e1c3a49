"""Saying whose line is to blame where the code of a policy raises an exception."""

from __future__ import annotations

import importlib
import os
import traceback
from pathlib import Path

from pipeline_dsl.errors import Position, Problem
from pipeline_dsl.model.evaluation import is_authors

_MACHINERY = (
    "<frozen importlib",
    f"{Path(importlib.__file__).parent}{os.sep}",
    f"{Path(__file__).parents[1]}{os.sep}",
)
"""Starts of names of files that lead to a policy or are called by one, and are nobody's policy."""

_BACKPORT = f"{os.sep}importlib_metadata{os.sep}"
"""Does the same, where some package has brought it along: it takes over what the standard library does."""


def failure(what: str, error: BaseException, at: Position | None = None) -> Problem:
    """Describe an exception that a policy raised.

    Arguments:
        what: the policy, as the start of a sentence.
        error: the exception.
        at: where the policy is, in case that no line of its own is on the way to the exception.
    """
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        place = Position(error.filename, error.lineno, error.offset or 0)
        return Problem("syntax-error", f"{error.msg}.", place)
    reason = f"{type(error).__name__}: {error}".removesuffix(": ").rstrip(".")
    frame = _frame(error)
    if frame is None:
        return Problem("policy-failed", f"{what} fails: {reason}.", at)
    at = Position(frame.filename, frame.lineno or 1)
    return Problem("policy-failed", f"{what} fails: {reason}.", at, excerpt=f"    {frame.line}")


def _frame(error: BaseException) -> traceback.FrameSummary | None:
    """Find the innermost call in somebody's own files; for an installed policy, the policy itself."""
    frames = traceback.extract_tb(error.__traceback__)
    trail = [frame for frame in frames if not _is_machinery(frame.filename)]
    own = [frame for frame in trail if is_authors(frame.filename)]
    return next(iter(own[-1:] or trail), None)


def _is_machinery(file: str) -> bool:
    return file.startswith(_MACHINERY) or _BACKPORT in file
