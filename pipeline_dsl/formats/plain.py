"""Writing what was resolved down as JSON can say it, so that two of a kind can be compared and shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from pipeline_dsl.model import Variant
from pipeline_dsl.model.artifacts import as_cache, as_mount, as_requirement
from pipeline_dsl.model.definition import Definition, fields

if TYPE_CHECKING:
    from collections.abc import Callable

_LONG_FORMS = cast(
    "Mapping[str, Callable[[object], object]]",
    {"requirements": as_requirement, "mounts": as_mount, "caches": as_cache},
)
"""What a builder can be given in two forms that mean the same."""

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"


def plain(value: object) -> Plain:
    """Write a value down."""
    match value:
        case Variant():
            return f"variant {value.name}"
        case Definition():
            arguments = ((field.name, getattr(value, field.name)) for field in fields(type(value)))
            return {"kind": type(value).__name__, **{name: _argument(name, one) for name, one in arguments}}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = (field.name for field in dataclasses.fields(value))
            return {"kind": type(value).__name__, **{name: plain(getattr(value, name)) for name in names}}
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value if value is None or isinstance(value, int) else str(value)


def _argument(name: str, value: object) -> Plain:
    """Write a value down, the short forms of a builder's files spelled out."""
    spell_out = _LONG_FORMS.get(name)
    if spell_out and isinstance(value, list | tuple):
        return [plain(spell_out(item)) for item in value]
    return plain(value)
