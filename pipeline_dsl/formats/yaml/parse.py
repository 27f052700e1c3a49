"""Parsing YAML 1.1, as go-yaml and SnakeYAML read it: the first document of a stream, with positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.formats.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "tag:yaml.org,2002:"
_TRUE = frozenset({"y", "yes", "on", "true"})
_BOOLEAN = re.compile("y|Y|n|N|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF")
_DEEPEST = 100
"""How deeply nodes may be nested: far deeper than any of our formats, and no danger to the stack."""


def parse(text: str, file: str) -> Node | None:
    """Parse the first document of a YAML text.

    Arguments:
        text: the text.
        file: its name, for positions.

    Returns:
        The document; None where there is none.

    Raises:
        DefinitionError: it is not YAML, or nested too deeply, or refers to itself.
    """
    try:
        loader = yaml.CSafeLoader(text)
        try:
            if not loader.check_node():
                return None
            document = loader.get_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, file) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{file} is not YAML: {_first_line(error)}."
        raise DefinitionError([Problem("malformed-yaml", message, Position(file, 1))]) from None
    return _Converter(file).convert(document) if document is not None else None


def _malformed(error: yaml.MarkedYAMLError, file: str) -> DefinitionError:
    mark = error.problem_mark or error.context_mark
    at = _position(mark, file) if mark else Position(file, 1)
    details = ", ".join(part for part in (error.problem, error.context) if part)
    return DefinitionError([Problem("malformed-yaml", f"this is not YAML: {details}.", at)])


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _position(mark: yaml.Mark, file: str) -> Position:
    return Position(file, mark.line + 1, mark.column + 1)


class _Converter:
    """Turns PyYAML's nodes into ours, each only once however often it is referred to."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._converted: dict[yaml.Node, Node] = {}
        self._open: set[yaml.Node] = set()

    def convert(self, node: yaml.Node) -> Node:
        if node in self._converted:
            return self._converted[node]
        if node in self._open or len(self._open) > _DEEPEST:
            why = "refers to itself" if node in self._open else "is nested too deeply"
            problem = Problem("malformed-yaml", f"this {why}.", self._at(node))
            raise DefinitionError([problem])
        self._open.add(node)
        converted = self._convert(node)
        self._open.remove(node)
        self._converted[node] = converted
        return converted

    def _convert(self, node: yaml.Node) -> Node:
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.convert(item) for item in node.value), self._at(node))
        if isinstance(node, yaml.ScalarNode):
            return Scalar(_value(node), node.value, self._at(node))
        return self._convert_mapping(node)

    def _convert_mapping(self, node: yaml.Node) -> Mapping:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        repeated = []
        for key, value in node.value:
            if key.tag == f"{_PREFIX}merge":
                for entry in self._merged(self.convert(value)):
                    merged.setdefault(entry.key, entry)
                continue
            entry = Entry(self._key(key), self._at(key), self.convert(value))
            repeated += [own.pop(entry.key)] if entry.key in own else []
            own[entry.key] = entry
        inherited = (entry for entry in merged.values() if entry.key not in own)
        return Mapping((*inherited, *own.values()), self._at(node), tuple(repeated))

    def _merged(self, value: Node) -> Iterator[Entry]:
        for source in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(source, Mapping):
                problem = Problem("malformed-yaml", 'what "<<" merges must be mappings.', source.at)
                raise DefinitionError([problem])
            yield from source

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise DefinitionError(
                [Problem("malformed-yaml", "a key must be a single value.", self._at(node))]
            )
        value = _value(node)
        if isinstance(value, bool):
            return str(value).lower()
        return "null" if value is None else str(value)

    def _at(self, node: yaml.Node) -> Position:
        return _position(node.start_mark, self._file)


def _value(node: yaml.ScalarNode) -> str | bool | int | float | None:
    """Work out what a scalar means."""
    text: str = node.value
    kind = node.tag.removeprefix(_PREFIX)
    if kind == "null":
        return None
    if not node.style and kind in ("bool", "str") and _BOOLEAN.fullmatch(text):
        return text.lower() in _TRUE
    if kind in ("int", "float") and ":" not in text:  # YAML 1.1 counts 1:30 in sixties, go-yaml does not
        return _number(kind, text)
    return text


def _number(kind: str, text: str) -> str | int | float:
    digits = text.replace("_", "")
    try:
        if kind == "float":
            return float(digits.replace(".inf", "inf").replace(".nan", "nan").replace(".Inf", "inf"))
        sign, magnitude = (-1, digits[1:]) if digits[:1] == "-" else (1, digits.removeprefix("+"))
        is_octal = len(magnitude) > 1 and magnitude.isdecimal() and magnitude[0] == "0"
        return sign * int(magnitude, 8 if is_octal else 0)
    except ValueError:
        return text
