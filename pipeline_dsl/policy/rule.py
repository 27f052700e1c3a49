"""Rules: checks joined by ``,`` for *and* and by ``|`` for *or*, as go-playground/validator writes them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from pipeline_dsl.errors import DefinitionError, Problem, did_you_mean
from pipeline_dsl.policy.check import CHECKS, Parameter
from pipeline_dsl.policy.value import Kind, Value, kind

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position

_OMIT = "omitempty"
_DIVE = "dive"
STEERING = (_OMIT, _DIVE)
"""What stands between the commas and is no check: it says which checks apply to what."""

_FITS = {
    Parameter.NONE: re.compile("(?!)"),
    Parameter.TEXT: re.compile(".*", re.DOTALL),
    Parameter.NUMBER: re.compile("-?[0-9]{1,18}"),
    Parameter.FLAG: re.compile("true|false"),
}


@dataclasses.dataclass(frozen=True)
class _Term:
    """A check and its parameter; None for none."""

    name: str
    parameter: str | None


_Terms: TypeAlias = tuple[tuple[_Term, ...], ...]
"""Alternatives, all of which have to hold one for each."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule.

    Arguments:
        text: how it is written.
        at: where it is written.
        terms: its checks: one of each group has to pass.
    """

    text: str
    at: Position
    terms: _Terms


def parse(text: str, at: Position) -> Rule:
    """Understand a rule.

    Arguments:
        text: the rule.
        at: where it is written.

    Raises:
        DefinitionError: it is none, or names checks that there are not.
    """
    terms = tuple(tuple(_term(word) for word in group.split("|")) for group in text.split(","))
    problems = [problem for group in terms for problem in _unknown(group, text, at)]
    if problems:
        raise DefinitionError(problems)
    return Rule(text, at, terms)


def keeps(rule: Rule, value: Value) -> bool:
    """Tell whether a value keeps to a rule.

    Arguments:
        rule: the rule.
        value: the value, empty where it is not set.

    Raises:
        DefinitionError: the rule has a check that is not for such a value.
    """
    _check_fitness(rule, rule.terms, value)
    return _holds(rule, rule.terms, value)


def _term(word: str) -> _Term:
    name, is_given, parameter = word.partition("=")
    plain = parameter.replace("0x2C", ",").replace("0x7C", "|")
    return _Term(name, plain if is_given else None)


def _unknown(group: tuple[_Term, ...], text: str, at: Position) -> list[Problem]:
    known = CHECKS if len(group) > 1 else (*CHECKS, *STEERING)
    return [
        Problem(
            "unknown-rule",
            f'the rule "{text}" has a check "{term.name}", which there is not.',
            at,
            did_you_mean(term.name, known) or f"There are: {', '.join(known)}.",
        )
        for term in group
        if term.name not in known
    ]


def _holds(rule: Rule, terms: _Terms, value: Value) -> bool:
    for number, group in enumerate(terms):
        if group[0].name == _OMIT:
            if not value:
                return True
        elif group[0].name == _DIVE:
            return all(_keeps_below(rule, terms[number + 1 :], item) for item in _items(value))
        elif not any(CHECKS[term.name].passes(value, term.parameter or "") for term in group):
            return False
    return True


def _keeps_below(rule: Rule, terms: _Terms, item: Value) -> bool:
    _check_fitness(rule, terms, item)
    return _holds(rule, terms, item)


def _items(value: Value) -> tuple[Value, ...]:
    items = value.values() if isinstance(value, Mapping) else value
    return tuple(cast("tuple[Value, ...]", items))


def _check_fitness(rule: Rule, terms: _Terms, value: Value) -> None:
    """Make sure that all checks are for such a value, whether it is set or not."""
    for group in terms:
        if group[0].name == _DIVE:
            _check_dives(rule, value)
            return
        for term in group:
            if term.name != _OMIT:
                _check_term(rule, term, kind(value))


def _check_dives(rule: Rule, value: Value) -> None:
    if kind(value) not in (Kind.LIST, Kind.MAPPING):
        raise _unfit(rule, _DIVE, f"is not for {kind(value).value}", "It is for lists and mappings.")


def _check_term(rule: Rule, term: _Term, value: Kind) -> None:
    takes = CHECKS[term.name].takes
    if value not in takes:
        kinds = ", ".join(one.value for one in takes)
        raise _unfit(rule, term.name, f"is not for {value.value}", f"It is for: {kinds}.")
    wanted = takes[value]
    has = term.parameter is not None
    if has != (wanted is not Parameter.NONE) or (has and not _FITS[wanted].fullmatch(term.parameter or "")):
        raise _unfit(rule, term.name, f"takes {wanted.value} here", "")


def _unfit(rule: Rule, name: str, why: str, hint: str) -> DefinitionError:
    message = f'the rule "{rule.text}": "{name}" {why}.'
    return DefinitionError([Problem("unfit-rule", message, rule.at, hint)])
