"""Expressions as an author writes them: also wrong ones, which a type checker would refuse in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pipeline_dsl
from pipeline_dsl import DefinitionError, Pipeline, Variant

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def write() -> Callable[[str], object]:
    """Evaluates an expression that may use the public names, and ``build``, ``ci`` and ``stage``."""
    build, ci = Variant("build"), Pipeline("ci")
    names = {name: getattr(pipeline_dsl, name) for name in pipeline_dsl.__all__}
    names |= {"build": build, "ci": ci, "stage": ci.stage("compile", build=build)}

    def evaluate(expression: str) -> object:
        value: object = eval(expression, dict(names))  # noqa: S307 -- the tests' own expressions
        return value

    return evaluate


@pytest.fixture
def refusal(write: Callable[[str], object]) -> Callable[[str], list[str]]:
    """Gives what is said of a refused expression: one line per problem, without the place."""

    def refuse(expression: str) -> list[str]:
        with pytest.raises(DefinitionError) as refused:
            write(expression)
        return [
            f"{problem.message} {problem.hint}".rstrip() + f" [{problem.code}]"
            for problem in refused.value.problems
        ]

    return refuse
