"""Finding the author's line that an exception is about."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem, did_you_mean

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
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return [_syntax_problem(error, error.filename, error.lineno, location)]
    trail = _trail(error, location)
    innermost = trail[-1] if trail else traceback.FrameSummary(str(location.file), 1, "")
    at = Position(_relative(innermost.filename, location), innermost.lineno or 1)
    shown = "\n".join(_show(frame, location) for frame in trail[-_LONGEST_TRAIL:])
    return [Problem("evaluation-failed", _message(error), at, _hint(error), shown)]


def _syntax_problem(error: SyntaxError, file: str, line: int, location: Location) -> Problem:
    source = (error.text or linecache.getline(file, line)).rstrip("\n")
    excerpt = f"    {source}"
    if error.offset:
        excerpt += "\n    " + " " * (error.offset - 1) + "^"
    at = Position(_relative(file, location), line)
    return Problem("syntax-error", f"{error.msg}.", at, excerpt=excerpt)


def _trail(error: BaseException, location: Location) -> list[traceback.FrameSummary]:
    """Give the calls on the way to the exception that stand in the project's own files."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if Path(frame.filename).is_relative_to(location.root)]


def _show(frame: traceback.FrameSummary, location: Location) -> str:
    return f"    {_relative(frame.filename, location)}:{frame.lineno}: {frame.line}"


def _relative(file: str, location: Location) -> str:
    path = Path(file)
    return str(path.relative_to(location.root)) if path.is_relative_to(location.root) else file


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "The file ends the program."
    return f"{type(error).__name__}: {error}".removesuffix(": ").rstrip(".") + "."


def _hint(error: BaseException) -> str:
    match error:
        case RecursionError():
            return "Does the file evaluate or import itself?"
        case SystemExit():
            return "Leave out exit(): the tool that evaluates it decides what comes next."
        case TypeError() if "unexpected keyword argument" in str(error):
            from pipeline_dsl.model import Pipeline  # noqa: PLC0415 -- only for this hint

            return did_you_mean(str(error).rsplit("'", 2)[1], Pipeline.stage.__annotations__)
        case _:
            return ""
