"""Expressions in strings, and the values that take their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.model import Ref
from pipeline_dsl.resolve.expressions import (
    Expression,
    MalformedExpressionError,
    expressions,
    expressions_in_code,
    interpolate,
    interpolate_code,
)

VALUES = {("unit", "output"): "42", ("", "imageID"): "abc", ("unit", "empty"): "", ("a", "b.c"): "deep"}


def value(expression: Expression) -> str:
    return VALUES[expression.namespace, expression.key]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${unit.output}", "42"),
        ("<${unit.output}|${.imageID}>", "<42|abc>"),
        ("${a.b.c}", "deep"),
        ("${unit.output|7}", "42"),
        ("${unit.empty|7}", "7"),
        ("${unit.empty|a|b: c}", "a|b: c"),
        ("${unit.empty|}", ""),
        ("${unit.empty}", ""),
        ("$${unit.output}", "${unit.output}"),
        ("$$${unit.output}", "$${unit.output}"),
        ("${HOME} $HOME $(x) $$ $", "${HOME} $HOME $(x) $$ $"),
        ("${HOME|x}", "${HOME|x}"),
        (Ref("unit", "output"), "42"),
        ("", ""),
    ],
)
def test_values_take_the_place_of_expressions(text: str, expected: str) -> None:
    assert interpolate(text, value) == expected


def test_a_value_is_not_interpolated_again() -> None:
    assert interpolate("${a.b}", lambda _: "${unit.output}") == "${unit.output}"


@pytest.mark.parametrize("text", ["${", "${a.b", "${}", "${a.b:-c}", "${#a}", "${a b}", "${ä.b}", "x${|y}"])
def test_what_is_nearly_an_expression_is_refused(text: str) -> None:
    with pytest.raises(MalformedExpressionError, match="is not an expression"):
        interpolate(text, value)
    with pytest.raises(MalformedExpressionError):
        list(expressions(text))


@given(st.text(alphabet="${}|.ab-", max_size=12))
def test_what_is_found_is_what_is_replaced(text: str) -> None:
    met: list[Expression] = []

    def note(expression: Expression) -> str:
        met.append(expression)
        return "x"

    try:
        found = list(expressions(text))
    except MalformedExpressionError:
        return
    interpolate(text, note)
    assert found == met


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("echo ${unit.output} ${.imageID}", "echo 42 abc"),
        ("${unit.empty|none}", "none"),
        ("${HOME} ${X:-y} ${#a} ${X%.*} $${unit.output} ${", "${HOME} ${X:-y} ${#a} ${X%.*} $42 ${"),
    ],
)
def test_in_code_only_what_is_an_expression_beyond_doubt_is_one(code: str, expected: str) -> None:
    assert interpolate_code(code, value) == expected
    found = [VALUES[one.namespace, one.key] or str(one.default) for one in expressions_in_code(code)]
    assert all(text in expected for text in found)


def test_names_without_a_dot_get_values_where_these_are_given() -> None:
    known = {"BRANCH": "main", "NONE": ""}

    def plain(expression: Expression) -> str:
        return known.get(expression.key, "")

    text = "${BRANCH} ${NONE|d} ${OTHER} $${BRANCH} ${unit.output}"
    assert interpolate(text, value, plain) == "main d  ${BRANCH} 42"
