"""How steps fail, and whom that is blamed on."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import EngineError, PipelineError, Problem, StepError
from pipeline_dsl.resolve.template import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.errors import Position


class FailedError(StepError):
    """A step failed in a way that a few words tell.

    Arguments:
        problem: why.
        detail: the few words, such as ``exit code 1``.
    """

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__([problem])
        self.detail = detail


@contextlib.contextmanager
def blamed_on(at: Position) -> Iterator[None]:
    """Give an author's line to the problems of a step that have none, and take the step for what has failed.

    Raises:
        StepError: instead of any error that is not the engine's.
        EngineError: the engine, or another server, failed.
    """
    try:
        yield
    except EvaluationError as error:
        raise StepError([Problem("values-do-not-fit", f"{error}.", at)]) from error
    except PipelineError as error:
        problems = [dataclasses.replace(problem, at=problem.at or at) for problem in error.problems]
        if isinstance(error, FailedError):
            raise FailedError(problems[0], error.detail) from error
        kind = EngineError if isinstance(error, EngineError) else StepError
        raise kind(problems) from error
