"""Finding the author's line that an exception is about."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.load.hint import hint
from pipeline_dsl.model.evaluation import is_authors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_dsl.load.find import Location

_LONGEST_TRAIL = 6
"""How many of the author's own calls an error shows: the innermost ones."""


def blame(error: BaseException, location: Location) -> Sequence[Problem]:
    """Say which of the author's lines raised an exception.

    Arguments:
        error: what the evaluation of the file raised.
        location: the file and its project's root.
    """
    if isinstance(error, DefinitionError):
        return error.problems
    trail = [frame for frame in traceback.extract_tb(error.__traceback__) if is_authors(frame.filename)]
    innermost = trail[-1] if trail else traceback.FrameSummary(str(location.file), 1, "")
    if isinstance(error, SyntaxError):
        return [_syntax_problem(error, innermost, location)]
    at = Position(_relative(innermost.filename, location), innermost.lineno or 1)
    advice = hint(error, location.file.parent, [frame.filename for frame in trail])
    shown = "\n".join(_show(frame, location) for frame in trail[-_LONGEST_TRAIL:])
    return [Problem("evaluation-failed", _message(error), at, advice, shown)]


def _syntax_problem(error: SyntaxError, innermost: traceback.FrameSummary, location: Location) -> Problem:
    if not error.filename or not error.lineno:
        at = Position(_relative(innermost.filename, location), innermost.lineno or 1)
        return Problem("syntax-error", f"{error.msg}.", at)
    source = (error.text or linecache.getline(error.filename, error.lineno)).rstrip("\n")
    excerpt = f"    {source}"
    if error.offset:
        excerpt += "\n    " + " " * (error.offset - 1) + "^"
    at = Position(_relative(error.filename, location), error.lineno)
    return Problem("syntax-error", f"{error.msg}.", at, excerpt=excerpt)


def _show(frame: traceback.FrameSummary, location: Location) -> str:
    return f"    {_relative(frame.filename, location)}:{frame.lineno}: {frame.line}"


def _relative(file: str, location: Location) -> str:
    path = Path(file)
    return str(path.relative_to(location.root)) if path.is_relative_to(location.root) else file


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "The file ends the program."
    return f"{type(error).__name__}: {error}".removesuffix(": ").rstrip(".") + "."
