"""Proving that two forms of a project mean the same."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import recipe
from pipeline_dsl.model import Variant
from pipeline_dsl.model.artifacts import as_cache, as_mount, as_requirement
from pipeline_dsl.model.definition import Definition, fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.resolve import Resolved, ResolvedVariant

_LONG_FORMS = cast(
    "Mapping[str, Callable[[object], object]]",
    {"requirements": as_requirement, "mounts": as_mount, "caches": as_cache},
)
"""What a builder can be given in two forms that mean the same."""

_Plain: TypeAlias = "str | int | bool | list[_Plain] | dict[str, _Plain] | None"


DEFECT = "This is a defect of the conversion, please report it."
"""What to do about a difference that a conversion has made by itself."""


def prove(original: Resolved, converted: Resolved, hint: str = DEFECT) -> None:
    """Make sure that a conversion has changed nothing: every variant and its recipe are the same.

    Arguments:
        original: the project before.
        converted: the project after.
        hint: what to do about a difference.

    Raises:
        DefinitionError: something differs; each problem shows what, as a diff.
    """
    problems = list(_differences(original, converted, hint))
    if problems:
        raise DefinitionError(problems)


def _differences(original: Resolved, converted: Resolved, hint: str) -> Iterator[Problem]:
    for name in {**original.variants, **converted.variants}:
        before, after = _account(name, original), _account(name, converted)
        if before != after:
            diff = difflib.unified_diff(before, after, "before", "after", lineterm="", n=2)
            message = f'variant "{name}" is not the same in both.'
            at = original.variants[name].at if before else converted.variants[name].at
            yield Problem("not-equivalent", message, at, hint, "\n".join(diff))


def _account(name: str, resolved: Resolved) -> list[str]:
    """Give all that is known of a variant and of its recipe, as lines."""
    variant = resolved.variants.get(name)
    if variant is None:
        return []
    steps = [_step(instruction) for instruction in recipe(variant, resolved.variants).instructions]
    return json.dumps(_settings(variant), indent=1, ensure_ascii=False).splitlines() + steps


def _settings(variant: ResolvedVariant) -> _Plain:
    settings = _plain(variant)
    if isinstance(settings, dict):
        del settings["at"]
    return settings


def _step(instruction: object) -> str:
    return f"{type(instruction).__name__} {json.dumps(_plain(instruction), ensure_ascii=False)}"


def _plain(value: object) -> _Plain:
    match value:
        case Variant():
            return f"variant {value.name}"
        case Definition():
            arguments = ((field.name, getattr(value, field.name)) for field in fields(type(value)))
            return {"kind": type(value).__name__, **{name: _argument(name, one) for name, one in arguments}}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = (field.name for field in dataclasses.fields(value))
            return {"kind": type(value).__name__, **{name: _plain(getattr(value, name)) for name in names}}
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value if value is None or isinstance(value, int) else str(value)


def _argument(name: str, value: object) -> _Plain:
    """Write a value down, the short forms of a builder's files spelled out."""
    spell_out = _LONG_FORMS.get(name)
    if spell_out and isinstance(value, list | tuple):
        return [_plain(spell_out(item)) for item in value]
    return _plain(value)
