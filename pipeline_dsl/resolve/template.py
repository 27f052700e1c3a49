"""Values with references in them: what they refer to, and what they are once that is known.

As ``spec/pipelinelib.md`` §3.3 and §3.4, with these differences: 0 and False are values like any others; a
string that is a reference and nothing else keeps a list or a mapping that it refers to; and a loop sees the
variables of those around it and the values of its own stage.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from pipeline_dsl.model import Each, Merge
from pipeline_dsl.resolve.expressions import Expression, expressions, interpolate, sole_expression

Plain: TypeAlias = str | int | float | Sequence["Plain"] | Mapping[str, "Plain"] | None
"""A value without references."""

Lookup: TypeAlias = Callable[[Expression], Plain]
"""Gives the value of an expression; its default is not the lookup's business."""


class EvaluationError(ValueError):
    """Values do not fit together, such as a list merged with a mapping."""


def references(value: object, variables: frozenset[str] = frozenset()) -> Iterator[Expression]:
    """Find the expressions in a value.

    Arguments:
        value: the value.
        variables: names of the variables of the loops that it is in; expressions for these are left out.

    Raises:
        MalformedExpressionError: something in it is nearly an expression.
    """
    match value:
        case str():
            if "${" in value:
                yield from _in_text(value, variables)
        case None:
            pass
        case list() | tuple():
            for item in value:
                yield from references(item, variables)
        case Each():
            yield from references(value.of, variables)
            yield from references(value.value, variables | set(_names(value)))
        case Merge():
            yield from references((value.left, value.right), variables)
        case Mapping():
            yield from references(tuple(itertools.chain.from_iterable(value.items())), variables)


def _in_text(text: str, variables: frozenset[str]) -> Iterator[Expression]:
    for expression in expressions(text):
        if expression.namespace or expression.key not in variables:
            yield dataclasses.replace(expression, in_loop=bool(variables))


def evaluate(value: object, lookup: Lookup) -> Plain:
    """Put values in the place of expressions, and make the lists and mappings that are made at run time.

    Raises:
        EvaluationError: values do not fit together.
    """
    match value:
        case str():
            return _evaluated_text(value, lookup)
        case Each():
            found: Plain = [evaluate(_yielded(value), inner) for inner in _scopes(value, lookup)]
        case Merge():
            found = _merged(evaluate(value.left, lookup), evaluate(value.right, lookup))
        case Mapping():
            found = {text(str(key), lookup): evaluate(item, lookup) for key, item in value.items()}
        case list() | tuple():
            found = [evaluate(item, lookup) for item in value]
        case int() | float() | None:
            found = value
        case _:
            raise EvaluationError(f"{value!r} is no value that a pipeline can have")
    return found


def text(template: str, lookup: Lookup) -> str:
    """Put values in the place of the expressions of a string."""
    return interpolate(template, lambda expression: as_text(lookup(expression)))


def texts(value: object, lookup: Lookup) -> tuple[str, ...]:
    """Give a list of strings.

    Raises:
        EvaluationError: the value is no list.
    """
    found = evaluate(value, lookup)
    if isinstance(found, str | Mapping) or not isinstance(found, Sequence):
        raise EvaluationError(f"{as_text(found)!r} is no list")
    return tuple(map(as_text, found))


def text_by_name(value: object, lookup: Lookup) -> dict[str, str]:
    """Give strings by name.

    Raises:
        EvaluationError: the value is no mapping.
    """
    found = evaluate(value, lookup)
    if not isinstance(found, Mapping):
        raise EvaluationError(f"{as_text(found)!r} is no mapping")
    return {name: as_text(item) for name, item in found.items()}


def as_text(value: Plain) -> str:
    """Give the text that stands for a value in a string; for lists and mappings that is JSON, or nothing."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list() | tuple() | Mapping() if not value:
            return ""
    return json.dumps(value, ensure_ascii=False, default=dict)


def _evaluated_text(value: str, lookup: Lookup) -> Plain:
    sole = sole_expression(value)
    if sole is None:
        return text(value, lookup)
    found = lookup(sole)
    return sole.default if sole.default is not None and _is_empty(found) else found


def _is_empty(value: Plain) -> bool:
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _names(each: Each) -> tuple[str, ...]:
    return (each.variable,) if isinstance(each.variable, str) else tuple(each.variable)


def _yielded(each: Each) -> object:
    return f"${{.{_names(each)[0]}}}" if each.value is None else each.value


def _scopes(each: Each, lookup: Lookup) -> Iterator[Lookup]:
    """Give, for each item, a lookup that knows the loop's variables."""
    for item in _items(each, lookup):
        variables = _assigned(_names(each), item)

        def inner(expression: Expression, variables: Mapping[str, Plain] = variables) -> Plain:
            if not expression.namespace and expression.key in variables:
                return variables[expression.key]
            return lookup(expression)

        yield inner


def _items(each: Each, lookup: Lookup) -> Iterator[Plain]:
    found = evaluate(each.of, lookup)
    match found:
        case None:
            return
        case str():
            for delimiter in each.delimiter:
                found = found.replace(delimiter, each.delimiter[0])
            yield from filter(None, found.split(each.delimiter[0]))
        case list() | tuple():
            yield from found
        case _:
            yield found


def _assigned(names: Sequence[str], item: Plain) -> dict[str, Plain]:
    if len(names) == 1:
        return {names[0]: item}
    words = as_text(item).split()
    if len(words) < len(names):
        raise EvaluationError(f'"{as_text(item)}" has not the {len(names)} words for {", ".join(names)}')
    return dict(zip(names, words, strict=False))


def _merged(left: Plain, right: Plain) -> Plain:
    match left, right:
        case (None, other) | (other, None):
            return other
        case Mapping(), Mapping():
            return {**left, **right}
        case str(), str():
            return left + right
        case list() | tuple(), list() | tuple():
            return [*left, *right]
        case list() | tuple(), str() | int() | float():
            return [*left, right]
        case int() | float(), int() | float():
            return left + right
    raise EvaluationError(f"{as_text(left)} and {as_text(right)} cannot be merged")
