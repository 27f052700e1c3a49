"""The errors that a user of this package can meet.

    PipelineError
    ├── DefinitionError   the pipeline file is wrong; the author mends it            exit code 2
    ├── UsageError        the command line is wrong; the caller mends it             exit code 2
    ├── StepError         a step ran and failed; its output says why                 exit code 1
    └── EngineError       the container engine cannot be reached, or failed itself   exit code 3

Every error carries its problems: what is wrong, where in the author's file, and what to do.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclasses.dataclass(frozen=True, order=True)
class Position:
    """A line of the author's file.

    Arguments:
        file: path of the file, relative to the project's root where it lies below it.
        line: line number, counted from 1.
        column: column number, counted from 1; 0 where only the line is known.
    """

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}"


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Arguments:
        code: stable, kebab-case name of the kind of problem, fit for searching and filtering.
        message: what is wrong, in one sentence.
        at: the author's line, where there is one.
        hint: what to do about it; empty when the message says it all.
        excerpt: lines to show below, such as the author's source line; empty for none.
        path: for a wrong argument of a definition, where it is: its name, then indices and keys.
    """

    code: str
    message: str
    at: Position | None = None
    hint: str = ""
    excerpt: str = ""
    path: tuple[int | str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        hint = f" {self.hint}" if self.hint else ""
        excerpt = f"\n{self.excerpt}" if self.excerpt else ""
        return f"{place}{self.message}{hint} [{self.code}]{excerpt}"


class PipelineError(Exception):
    """Base of every error of this package.

    Arguments:
        problems: what is wrong, in the order in which it was found; at least one.
    """

    exit_code: ClassVar[int]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class DefinitionError(PipelineError):
    """The pipeline file is wrong: mend the lines that the problems name."""

    exit_code = 2


class UsageError(PipelineError):
    """The command line, or a call of this package, asks for what does not exist: correct it."""

    exit_code = 2


class StepError(PipelineError):
    """A build or a container ended in failure: read its output, mend the service or its variant."""

    exit_code = 1


class EngineError(PipelineError):
    """The container engine, or a server that a run needs, cannot be reached or failed: look after it."""

    exit_code = 3


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name.

    Arguments:
        name: what the author wrote.
        known: what could have been meant.

    Returns:
        A sentence such as ``Did you mean "production"?``, or an empty string when nothing is near.
    """
    import difflib  # noqa: PLC0415 -- whoever makes no mistake does not wait for it

    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f'Did you mean "{near[0]}"?' if near else ""
