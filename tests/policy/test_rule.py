"""The language of rules: that of go-playground/validator 9, as far as it is about values like ours."""

from __future__ import annotations

import contextlib
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.errors import DefinitionError, Position
from pipeline_dsl.policy.check import CHECKS
from pipeline_dsl.policy.rule import keeps, parse

if TYPE_CHECKING:
    from pipeline_dsl.policy.value import Value

AT = Position("p.yaml", 3, 9)


def refusal(rule: str, value: Value) -> str:
    with pytest.raises(DefinitionError) as refused:
        keeps(parse(rule, AT), value)
    (problem,) = refused.value.problems
    assert problem.at == AT
    return f"{problem.message} {problem.hint}".rstrip()


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("required", "a", ""),
        ("required", 1, 0),
        ("required", True, False),
        ("required", ("a",), ()),
        ("required", {"A": ""}, {}),
        ("isdefault", "", "a"),
        ("isdefault", (), ("a",)),
        ("eq=a b", "a b", "a"),
        ("eq=", "", "a"),
        ("eq=2", 2, 22),
        ("eq=2", ("a", "b"), ("2",)),
        ("eq=true", True, False),
        ("eq=false", False, True),
        ("ne=root", "nobody", "root"),
        ("ne=0", 1, 0),
        ("gt=2", 3, 2),
        ("gt=2", "äöü", "äö"),
        ("gte=900", 900, 899),
        ("lt=2", {"A": ""}, {"A": "", "B": ""}),
        ("lte=2", 2, 3),
        ("min=-1", -1, -2),
        ("max=3", "abc", "abcd"),
        ("len=2", ("a", "b"), ("a",)),
        ("len=2", 2, 3),
        ("oneof=a b", "b", "a b"),
        ("oneof='a b' c", "a b", "a"),
        ("oneof='' c", "", "''"),
        ("oneof=1 2", 2, 12),
        ("unique", ("a", "b"), ("a", "a")),
        ("unique", {"A": "a", "B": "b"}, {"A": "a", "B": "a"}),
        ("startswith=ab", "abc", "cab"),
        ("endswith=ab", "cab", "abc"),
        ("contains=ab", "cabd", "acb"),
        ("containsany=xy", "ay", "ab"),
        ("excludes=ab", "acb", "cab"),
        ("excludesall=xy", "ab", "ay"),
        ("alpha", "aZ", "a1"),
        ("alpha", "a", "a\n"),
        ("alphanum", "a1", "a-1"),
        ("number", "12", "-12"),
        ("numeric", "-1.5", "1."),
        ("url", "https://a.example/b", "/b"),
        ("uri", "/b", "b"),
        ("hostname", "a-b.example", "1.example"),
        ("hostname_rfc1123", "1.example", "-a.example"),
        ("istrue", True, False),
        ("isfalse", False, True),
        ("abspath", "/srv/app", "/"),
        ("baseimage", "debian:12", "Debian"),
        ("debianpackage", "g++=1.2", "g++ 1.2"),
        ("envvars", {"AB": "x"}, {"1B": "x"}),
        ("nodeenv", "production", "prod-1"),
        ("pypkgver", "==1.5", "1.5"),
        ("username", "somebody", "root"),
    ],
)
def test_each_check_tells_one_value_from_another(rule: str, kept: Value, broken: Value) -> None:
    assert (keeps(parse(rule, AT), kept), keeps(parse(rule, AT), broken)) == (True, False)


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("startswith=a,endswith=b", ["ab", "axb"], ["a", "b", ""]),
        ("eq=a|eq=b", ["a", "b"], ["c", ""]),
        ("eq=a|startswith=b,max=2", ["a", "bc"], ["bcd", "c"]),
        ("omitempty,startswith=a", ["", "ab"], ["b"]),
        ("required,omitempty,startswith=a", ["ab"], ["", "b"]),
        ("excludesall=0x2C0x7C", ["a"], ["a,b", "a|b"]),
        ("eq=a=b", ["a=b"], ["a"]),
    ],
)
def test_checks_are_joined_by_and_and_or(rule: str, kept: list[str], broken: list[str]) -> None:
    parsed = parse(rule, AT)
    assert [True] * len(kept) == [keeps(parsed, value) for value in kept]
    assert [False] * len(broken) == [keeps(parsed, value) for value in broken]


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        ("dive,startswith=a", ("a", "ab"), ("a", "b")),
        ("max=1,dive,debianpackage", ("git",), ("git", "make")),
        ("dive,required", {"A": "x"}, {"A": "x", "B": ""}),
        ("dive,dive,alpha", {"default": ("a",)}, {"default": ("a",), "sid": ("a", "1")}),
        ("dive,startswith=a", (), ("b",)),
    ],
)
def test_dive_leads_to_the_elements(rule: str, kept: Value, broken: Value) -> None:
    assert (keeps(parse(rule, AT), kept), keeps(parse(rule, AT), broken)) == (True, False)


def test_a_check_that_there_is_not_is_refused_with_the_nearest_one_and_so_is_each_other() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse("startwith=a,required|omitempty,", AT)
    said = [(problem.code, problem.message, problem.at) for problem in refused.value.problems]
    text = 'the rule "startwith=a,required|omitempty," has a check'
    assert said == [
        ("unknown-rule", f'{text} "startwith", which there is not.', AT),
        ("unknown-rule", f'{text} "omitempty", which there is not.', AT),
        ("unknown-rule", f'{text} "", which there is not.', AT),
    ]
    assert refused.value.problems[0].hint == 'Did you mean "startswith"?'


@pytest.mark.parametrize("rule", ["", "variantref", "notthere", "eqfield=Base", " required"])
def test_what_is_no_rule_does_not_crash(rule: str) -> None:
    """Spec §5: it crashes Blubber."""
    with pytest.raises(DefinitionError, match="has a check"):
        parse(rule, AT)


@pytest.mark.parametrize(
    ("rule", "value", "complaint"),
    [
        ("isfalse", "", '"isfalse" is not for a string. It is for: a boolean.'),
        ("startswith=a", False, '"startswith" is not for a boolean. It is for: a string.'),
        ("omitempty,startswith=a", 0, '"startswith" is not for a number. It is for: a string.'),
        ("istrue|eq=a", "", '"istrue" is not for a string. It is for: a boolean.'),
        ("dive,alpha", "a", '"dive" is not for a string. It is for lists and mappings.'),
        ("dive,alpha", (1,), '"alpha" is not for a number. It is for: a string.'),
        ("gte", 1, '"gte" takes a number here.'),
        ("gte=x", 1, '"gte" takes a number here.'),
        ("max=1_0", "", '"max" takes a number here.'),
        (f"max={'9' * 5000}", "", '"max" takes a number here.'),
        ("eq=x", (), '"eq" takes a number here.'),
        ("eq=yes", True, '"eq" takes true or false here.'),
        ("startswith", "", '"startswith" takes a parameter here.'),
        ("isfalse=1", False, '"isfalse" takes no parameter here.'),
    ],
)
def test_a_check_that_does_not_fit_is_refused_whether_the_value_is_set_or_not(
    rule: str, value: Value, complaint: str
) -> None:
    assert refusal(rule, value) == f'the rule "{rule}": {complaint}'


VALUES = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(),
    st.lists(st.text()).map(tuple),
    st.dictionaries(st.text(), st.text()),
)
WORDS = st.sampled_from([*CHECKS, "omitempty", "dive", *",|=", "'", "0x2C", "1", "-1", "true"])


@given(st.lists(WORDS | st.text(string.printable, max_size=3)).map("".join), VALUES)
def test_no_rule_and_no_value_is_met_by_anything_but_an_answer_or_a_refusal(rule: str, value: Value) -> None:
    with contextlib.suppress(DefinitionError):
        assert keeps(parse(rule, AT), value) in (True, False)
