"""The values that rules are applied to: those of settings, as a configuration file would hold them."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from typing import TypeAlias

Value: TypeAlias = "str | bool | int | tuple[object, ...] | Mapping[str, object]"
"""A setting's value; one that is not set is the empty one of its kind."""


class Kind(enum.Enum):
    """The kinds of values."""

    TEXT = "a string"
    FLAG = "a boolean"
    NUMBER = "a number"
    LIST = "a list"
    MAPPING = "a mapping"
    OTHER = "an object"


def kind(value: object) -> Kind:
    """Tell what kind of value something is."""
    match value:
        case str():
            return Kind.TEXT
        case bool():
            return Kind.FLAG
        case int():
            return Kind.NUMBER
        case tuple():
            return Kind.LIST
        case Mapping():
            return Kind.MAPPING
        case _:
            return Kind.OTHER


def written(value: Value) -> str:
    """Write a value as a configuration file would, definitions as their author did."""
    return json.dumps(_plain(value), ensure_ascii=False, default=repr)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
