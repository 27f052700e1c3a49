"""The strings of a resolved variant, which may refer to what the stages before have produced."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline_dsl.model import Variant
from pipeline_dsl.model.definition import Definition, amended, fields
from pipeline_dsl.resolve.expressions import Expression, expressions_in_code

if TYPE_CHECKING:
    from pipeline_dsl.resolve.resolved import ResolvedVariant

_T = TypeVar("_T")

_FIXED = ("name", "at")
"""What tells a variant apart, and is no part of its image."""


def variant_references(variant: ResolvedVariant) -> Iterator[Expression]:
    """Find the expressions in the strings of a variant."""
    for text in _strings(variant):
        if "${" in text:
            yield from expressions_in_code(text)


def rewritten(value: _T, change: Callable[[str], str]) -> _T:
    """Give a copy of a variant, or of a part of one, in which every string is changed.

    Arguments:
        value: the variant; others that it refers to stay as they are.
        change: gives what a string becomes.
    """
    return cast("_T", _rewritten(value, change))


def _rewritten(value: object, change: Callable[[str], str]) -> object:
    match value:
        case str():
            return change(value)
        case Mapping():
            return {change(str(name)): _rewritten(item, change) for name, item in value.items()}
        case list() | tuple():
            return tuple(_rewritten(item, change) for item in value)
        case Definition() if not isinstance(value, Variant):
            names = [field.name for field in fields(type(value))]
            return amended(value, **{name: _rewritten(getattr(value, name), change) for name in names})
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type | Variant):
            names = [field.name for field in dataclasses.fields(value) if field.name not in _FIXED]
            return dataclasses.replace(
                value, **{name: _rewritten(getattr(value, name), change) for name in names}
            )
    return value


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from map(str, value)
            yield from _strings(tuple(value.values()))
        case list() | tuple():
            for item in value:
                yield from _strings(item)
        case Definition() if not isinstance(value, Variant):
            for field in fields(type(value)):
                yield from _strings(getattr(value, field.name))
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type | Variant):
            for field in dataclasses.fields(value):
                if field.name not in _FIXED:
                    yield from _strings(getattr(value, field.name))
