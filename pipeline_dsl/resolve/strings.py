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

_KNOWN: dict[type, tuple[str, ...]] = {}
"""Names of fields by class: to work them out for each object takes longer than all the rest."""


def variant_references(variant: ResolvedVariant) -> Iterator[Expression]:
    """Find the expressions in the strings of a variant."""
    found: list[str] = []
    _add_strings(variant, found)
    for text in found:
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


def _add_strings(value: object, found: list[str]) -> None:
    """Add the strings of a value to a list; thousands of generators in one another would be slow."""
    match value:
        case str():
            found.append(value)
        case bool() | int() | float() | None:
            pass
        case list() | tuple():
            for item in value:
                _add_strings(item, found)
        case Mapping():
            found.extend(map(str, value))
            for item in value.values():
                _add_strings(item, found)
        case _:
            for name in _names(value.__class__):
                _add_strings(getattr(value, name), found)


def _names(cls: type) -> tuple[str, ...]:
    """Name the fields of a class that can hold strings of an image; none of what is no part of a variant."""
    if cls not in _KNOWN:
        _KNOWN[cls] = tuple(_found(cls))
    return _KNOWN[cls]


def _found(cls: type) -> Iterator[str]:
    if issubclass(cls, Variant):
        return
    if issubclass(cls, Definition):
        yield from (field.name for field in fields(cls))
    elif dataclasses.is_dataclass(cls):
        yield from (field.name for field in dataclasses.fields(cls) if field.name not in _FIXED)
