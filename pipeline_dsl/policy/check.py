"""The single checks of the rule language, by name: those of go-playground/validator 9, and Blubber's own.

``spec/blubber.md`` §5. Of Blubber's names those are known whose rules §1.4 gives and that look at one value.
"""

from __future__ import annotations

import dataclasses
import enum
import operator
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import pydantic

from pipeline_dsl.model import types
from pipeline_dsl.policy.value import Kind, Value

if TYPE_CHECKING:
    from collections.abc import Callable


class Parameter(enum.Enum):
    """What stands after the ``=`` of a check."""

    NONE = "no parameter"
    TEXT = "a parameter"
    NUMBER = "a number"
    FLAG = "true or false"


@dataclasses.dataclass(frozen=True)
class Check:
    """A check.

    Arguments:
        takes: the kinds of values that it can be applied to, and which parameter it then has.
        passes: tells whether a value passes, given the parameter.
    """

    takes: Mapping[Kind, Parameter]
    passes: Callable[[Value, str], bool]


def _text(passes: Callable[[str, str], bool], parameter: Parameter = Parameter.TEXT) -> Check:
    return Check({Kind.TEXT: parameter}, lambda value, text: passes(str(value), text))


def _pattern(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return _text(lambda value, _: compiled.fullmatch(value) is not None, Parameter.NONE)


def _model(adapter: pydantic.TypeAdapter[str]) -> Check:
    """Make a check of what the model holds its own values of a kind to."""
    return _text(lambda value, _: _is_valid(adapter, value), Parameter.NONE)


def _flag(wanted: bool) -> Check:  # noqa: FBT001 -- the check is about a boolean
    return Check({Kind.FLAG: Parameter.NONE}, lambda value, _: value is wanted)


def _size(compare: Callable[[int, int], bool]) -> Check:
    """Compare a number, or a count of characters or entries."""
    takes = dict.fromkeys(_SIZED, Parameter.NUMBER)
    return Check(takes, lambda value, number: compare(_measure(value), int(number)))


def _measure(value: Value) -> int:
    return value if isinstance(value, int) else len(value)


def _equals(value: Value, parameter: str) -> bool:
    match value:
        case str():
            return value == parameter
        case bool():
            return value is (parameter == "true")
        case _:
            return _measure(value) == int(parameter)


def _is_one_of(value: Value, parameter: str) -> bool:
    """Look a value up among words; one that holds spaces stands in single quotes."""
    words = re.findall(r"'([^']*)'|(\S+)", parameter)
    return str(value) in [quoted or plain for quoted, plain in words]


def _is_unique(value: Value) -> bool:
    items = tuple(value.values()) if isinstance(value, Mapping) else cast("tuple[object, ...]", value)
    return all(item not in items[:number] for number, item in enumerate(items))


def _is_valid(adapter: pydantic.TypeAdapter[str], value: str) -> bool:
    try:
        adapter.validate_python(value)
    except pydantic.ValidationError:
        return False
    return True


def _names_variables(value: Value) -> bool:
    return all(_is_valid(_VARIABLE, name) for name in cast("Mapping[str, object]", value))


_VARIABLE = pydantic.TypeAdapter(types.EnvironmentName)
_SIZED = (Kind.TEXT, Kind.NUMBER, Kind.LIST, Kind.MAPPING)
_COMPARED = {**dict.fromkeys(_SIZED, Parameter.NUMBER), Kind.TEXT: Parameter.TEXT, Kind.FLAG: Parameter.FLAG}
_ANY = dict.fromkeys(Kind, Parameter.NONE)
_COLLECTIONS = dict.fromkeys((Kind.LIST, Kind.MAPPING), Parameter.NONE)

CHECKS: Mapping[str, Check] = {
    "required": Check(_ANY, lambda value, _: bool(value)),
    "isdefault": Check(_ANY, lambda value, _: not value),
    "eq": Check(_COMPARED, _equals),
    "ne": Check(_COMPARED, lambda value, parameter: not _equals(value, parameter)),
    "gt": _size(operator.gt),
    "gte": _size(operator.ge),
    "lt": _size(operator.lt),
    "lte": _size(operator.le),
    "min": _size(operator.ge),
    "max": _size(operator.le),
    "len": _size(operator.eq),
    "oneof": Check(dict.fromkeys((Kind.TEXT, Kind.NUMBER), Parameter.TEXT), _is_one_of),
    "unique": Check(_COLLECTIONS, lambda value, _: _is_unique(value)),
    "startswith": _text(str.startswith),
    "endswith": _text(str.endswith),
    "contains": _text(lambda value, part: part in value),
    "containsany": _text(lambda value, letters: any(letter in value for letter in letters)),
    "excludes": _text(lambda value, part: part not in value),
    "excludesall": _text(lambda value, letters: not any(letter in value for letter in letters)),
    "alpha": _pattern("[a-zA-Z]+"),
    "alphanum": _pattern("[a-zA-Z0-9]+"),
    "number": _pattern("[0-9]+"),
    "numeric": _pattern(r"[-+]?[0-9]+(?:\.[0-9]+)?"),
    "url": _pattern(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+"),
    "uri": _pattern(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|/)\S*"),
    "hostname": _pattern("[a-zA-Z][a-zA-Z0-9.-]+[a-zA-Z0-9]"),
    "hostname_rfc1123": _pattern(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}(?:\.[a-zA-Z0-9_][a-zA-Z0-9_-]{0,62})*"),
    "istrue": _flag(wanted=True),
    "isfalse": _flag(wanted=False),
    "abspath": _model(pydantic.TypeAdapter(types.AbsoluteDirectory)),
    "baseimage": _model(pydantic.TypeAdapter(types.ImageReference)),
    "debianpackage": _model(pydantic.TypeAdapter(types.AptPackage)),
    "envvars": Check({Kind.MAPPING: Parameter.NONE}, lambda value, _: _names_variables(value)),
    "nodeenv": _model(pydantic.TypeAdapter(types.NodeEnvironment)),
    "pypkgver": _model(pydantic.TypeAdapter(types.PythonVersionSpecification)),
    "username": _model(pydantic.TypeAdapter(types.UserName)),
}
"""The checks by name."""
