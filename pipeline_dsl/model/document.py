"""The project as a JSON document, printed and read back.

Objects carry their class as ``kind`` and their place as ``at``; arguments at their default are left out.
A variant or a stage stands in full where the project lists it, and as ``{"variant": NAME}`` or
``{"stage": NAME}`` where another object refers to it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TypeAlias, TypeVar

from pipeline_dsl import model
from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.model import pipeline, project, stage, variant
from pipeline_dsl.model.definition import Definition, default, fields

FORMAT = 1
"""Version of the document's form; a document of another version is refused."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
_Expected = TypeVar("_Expected")

_KINDS: dict[str, type[Definition]] = {
    name: kind
    for name in model.__all__
    for kind in [getattr(model, name)]
    if isinstance(kind, type) and issubclass(kind, Definition)
}


def dump(defined: project.Project) -> str:
    """Print a project as JSON.

    Arguments:
        defined: the project.

    Returns:
        The document, indented, with a line end.
    """
    document = {"format": FORMAT, **_encode_definition(defined)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> project.Project:
    """Read a project from JSON.

    Arguments:
        text: a document that `dump` printed.

    Raises:
        DefinitionError: the text is no such document, or something in it is wrong.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise _unreadable(f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
        raise _unreadable(f'it has no "format": {FORMAT}')
    parsed = _expect(_Reader().decode(document), project.Project)
    problems = list(project.duplicates(parsed))
    if problems:
        raise DefinitionError(problems)
    return parsed


def _encode_definition(defined: Definition) -> dict[str, Json]:
    encoded: dict[str, Json] = {"kind": type(defined).__name__}
    for field in fields(type(defined)):
        value = getattr(defined, field.name)
        if value != default(field):
            listed = isinstance(defined, project.Project | pipeline.Pipeline)
            encoded[field.name] = _encode(value, listed=listed)
    encoded["at"] = str(defined.at)
    return encoded


def _encode(value: object, *, listed: bool = False) -> Json:
    match value:
        case variant.Variant() | stage.Stage() if not listed:
            return {type(value).__name__.lower(): value.name}
        case Definition():
            return _encode_definition(value)
        case Mapping():
            return {"mapping": {str(key): _encode(item) for key, item in value.items()}}
        case list() | tuple():
            return [_encode(item, listed=listed) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)


class _Reader:
    """Turns JSON into definitions; knows the variants and stages that it met so far by name."""

    def __init__(self) -> None:
        self.variants: dict[str, variant.Variant] = {}
        self.stages: dict[str, stage.Stage] = {}

    def decode(self, value: Json) -> object:
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        match value:
            case {"kind": str(kind)} if kind in _KINDS:
                return self._decode_definition(_KINDS[kind], value)
            case {"variant": str(name)} if name in self.variants:
                return self.variants[name]
            case {"stage": str(name)} if name in self.stages:
                return self.stages[name]
            case {"mapping": dict(items)}:
                return {key: self.decode(item) for key, item in items.items()}
        raise _unreadable(f"it refers to something that it does not define before: {json.dumps(value)[:80]}")

    def _decode_definition(self, kind: type[Definition], value: dict[str, Json]) -> Definition:
        if kind is pipeline.Pipeline:
            self.stages = {}
        at = _position(value.get("at"))
        names = [name for name in value if name not in ("kind", "at")]
        names.sort(key=lambda name: name != "variants")  # a project's other settings may refer to these
        made = _make(kind, {name: self.decode(value[name]) for name in names}, at)
        if isinstance(made, variant.Variant):
            self.variants.setdefault(made.name, made)
        if isinstance(made, stage.Stage):
            self.stages.setdefault(made.name, made)
        return made


def _make(kind: type[Definition], arguments: dict[str, object], at: Position) -> Definition:
    """Make an object that stands where the document says."""
    try:
        made = kind(**arguments)
    except DefinitionError as error:
        raise DefinitionError(dataclasses.replace(problem, at=at) for problem in error.problems) from None
    object.__setattr__(made, "at", at)
    return made


def _position(text: Json) -> Position:
    file, _, line = str(text).rpartition(":")
    if not file or not line.isdecimal():
        raise _unreadable(f'"at" is to be FILE:LINE, not {json.dumps(text)[:80]}')
    return Position(file, int(line))


def _expect(value: object, kind: type[_Expected]) -> _Expected:
    if not isinstance(value, kind):
        raise _unreadable(f"it is no {kind.__name__}")
    return value


def _unreadable(why: str) -> DefinitionError:
    return DefinitionError([Problem("unreadable-document", f"This document cannot be read: {why}.")])
