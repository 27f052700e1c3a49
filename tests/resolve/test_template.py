"""Values that are made at run time: spec/pipelinelib.md §3.3 and §3.4, with the fixes of its §12."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.model import Each, Merge
from pipeline_dsl.resolve.template import EvaluationError, as_text, evaluate, references, text_by_name, texts

if TYPE_CHECKING:
    from pipeline_dsl.model.template import Value
    from pipeline_dsl.resolve.expressions import Expression
    from pipeline_dsl.resolve.template import Plain

VALUES: dict[tuple[str, str], Plain] = {
    ("", "own"): "mine",
    ("stage", "own"): "mine",
    ("a", "text"): "x y\nz",
    ("a", "zero"): 0,
    ("a", "no"): False,
    ("a", "empty"): "",
    ("a", "none"): None,
    ("a", "nothing"): [],
    ("a", "list"): ["p", "q"],
    ("a", "mapping"): {"x": 1},
}


def lookup(expression: Expression) -> Plain:
    return VALUES.get((expression.namespace, expression.key))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${a.text}", "x y\nz"),
        ("<${a.text|default}>", "<x y\nz>"),
        ("<${a.empty|default}>", "<default>"),
        ("<${a.none|default}>", "<default>"),
        ("<${a.nothing}>", "<>"),
        ("<${a.nothing|default}>", "<default>"),
        ("${a.nothing|default}", "default"),
        ("${a.empty}", ""),
        ("<${a.empty}>", "<>"),
        ("<${a.zero|default}>", "<0>"),
        ("<${a.no|default}>", "<false>"),
        ("${a.zero}", 0),
        ("<${a.list}>", '<["p", "q"]>'),
        ("<${a.mapping}>", '<{"x": 1}>'),
        ("${a.list}", ["p", "q"]),
        ("$${a.list}", "${a.list}"),
        ("${HOME}", "${HOME}"),
        ({"${.own}": ["${.own}", 1, None, True]}, {"mine": ["mine", 1, None, True]}),
    ],
)
def test_a_value_is_evaluated(value: Value, expected: Plain) -> None:
    assert evaluate(value, lookup) == expected


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (Each("w", of="${a.text}"), ["x y", "z"]),
        (Each("w", of="${a.text}", delimiter=" \n", value="<${.w}>"), ["<x>", "<y>", "<z>"]),
        (Each("w", of="a--b-c", delimiter="--"), ["a", "b", "c"]),
        (Each("w", of=",a,,b,", delimiter=","), ["a", "b"]),
        (Each("w", of=["a b", "c"]), ["a b", "c"]),
        (Each("w", of="${a.list}"), ["p", "q"]),
        (Each("w", of=7), [7]),
        (Each("w", of=None), []),
        (Each("w", of=[]), []),
        (Each(["k", "v"], of="a  1 x\nb 2", value="${.k}=${.v}"), ["a=1", "b=2"]),
        (Each("w", of=["1"], value={"own": "${stage.own} ${.own}"}), [{"own": "mine mine"}]),
        (
            Each("o", of=["1", "2"], value=Each("i", of=["a"], value="${.o}${.i}")),
            [["1a"], ["2a"]],
        ),
        (Each("w", of=Merge(["a"], ["b"])), ["a", "b"]),
    ],
)
def test_a_list_is_made_of_another(each: Each, expected: Plain) -> None:
    assert evaluate(each, lookup) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (["a"], ["a", "b"], ["a", "a", "b"]),
        ([], ["b"], ["b"]),
        ({"x": 1, "y": {"z": 1}}, {"y": {"w": 2}}, {"x": 1, "y": {"w": 2}}),
        ("a", "${.own}", "amine"),
        (1, 2, 3),
        (["a"], "b", ["a", "b"]),
        (None, {"a": 1}, {"a": 1}),
        ("${a.list}", Each("w", of="r s", delimiter=" "), ["p", "q", "r", "s"]),
    ],
)
def test_two_values_are_merged(left: Value, right: Value, expected: Plain) -> None:
    assert evaluate(Merge(left, right), lookup) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Merge(["a"], {"b": 1}), r'\["a"\] and {"b": 1} cannot be merged'),
        (Merge("a", ["b"]), "cannot be merged"),
        (Each(["k", "v"], of="a 1\nb"), '"b" has not the 2 words for k, v'),
    ],
)
def test_what_does_not_fit_is_refused(value: Value, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        evaluate(value, lookup)


def test_a_list_of_strings_is_wanted_where_there_is_none() -> None:
    assert texts(["${.own}", "${a.zero}"], lookup) == ("mine", "0")
    assert text_by_name({"A": "${a.no}"}, lookup) == {"A": "false"}
    with pytest.raises(EvaluationError, match="is no list"):
        texts("${a.text}", lookup)
    with pytest.raises(EvaluationError, match="is no mapping"):
        text_by_name("${a.list}", lookup)


def test_references_are_found_wherever_a_string_can_stand() -> None:
    value = {
        "${k.k}": [1, "${l.l} ${.own}"],
        "e": Each("w", of="${o.o}", value=["${.w}", "${v.v}", "${.other}", "${stage.x}"]),
        "m": Merge("${a.a}", {"b": "${b.b|d}"}),
    }
    found = [(one.namespace, one.key, one.in_loop) for one in references(value)]
    assert found == [
        *[("k", "k", False), ("l", "l", False), ("", "own", False), ("o", "o", False)],
        *[("v", "v", True), ("", "other", True), ("stage", "x", True)],
        *[("a", "a", False), ("b", "b", False)],
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="ab $", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
)


@given(JSON)
def test_what_holds_no_reference_stays_as_it_is(value: Value) -> None:
    assert evaluate(value, lookup) == value
    assert not list(references(value))
    assert isinstance(as_text(evaluate(value, lookup)), str)
