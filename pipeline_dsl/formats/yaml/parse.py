"""Parsing YAML 1.1, as go-yaml and SnakeYAML read it: the first document of a stream, with positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.formats.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml._yaml import Mark as CMark

_PREFIX = "tag:yaml.org,2002:"
_TRUE = frozenset({"y", "yes", "on", "true"})
_LETTERS = re.compile("[yYnN]")
"""Words that YAML 1.1 takes for booleans, go-yaml too, and PyYAML for strings."""

_NONE = re.compile("(?!)")

_DEEPEST = 100
"""How deeply nodes may be nested: far deeper than any of our formats, and no danger to the stack."""

_MOST_MERGED = 50_000
"""How many entries may come out of merge keys: far more than any of our formats has in all."""


def parse(text: str, file: str, *, has_letters: bool = True) -> Node | None:
    """Parse the first document of a YAML text.

    Arguments:
        text: the text.
        file: its name, for positions.
        has_letters: whether ``y`` and ``n`` are booleans, as go-yaml has it and SnakeYAML has not.

    Returns:
        The document; None where there is none.

    Raises:
        DefinitionError: it is not YAML, or nested too deeply, or refers to itself.
    """
    try:
        _check_depth(text, file)
        document = _composed(text)
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, file) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refusal(f"this is not YAML: {_first_line(error)}.", _reached(error, text, file)) from None
    return _Converter(file, has_letters=has_letters).convert(document) if document is not None else None


def _check_depth(text: str, file: str) -> None:
    """Refuse what would exhaust the stack of PyYAML's composer, which does not look after it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.DocumentEndEvent):
            return
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            at = _position(event.start_mark, file) if event.start_mark else Position(file, 1, 1)
            raise _refusal("this is nested too deeply.", at)


def _composed(text: str) -> yaml.Node | None:
    loader = yaml.CSafeLoader(text)
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()


def _refusal(message: str, at: Position) -> DefinitionError:
    return DefinitionError([Problem("malformed-yaml", message, at)])


def _malformed(error: yaml.MarkedYAMLError, file: str) -> DefinitionError:
    mark = error.problem_mark or error.context_mark
    at = _position(mark, file) if mark else Position(file, 1)
    details = ", ".join(part for part in (error.problem, error.context) if part)
    return _refusal(f"this is not YAML: {details}.", at)


def _reached(error: BaseException, text: str, file: str) -> Position:
    """Find the character that a reader's error is about."""
    offset: int = getattr(error, "position", 0)  # of a ReaderError, in bytes
    before = text.encode("utf-8", "replace")[:offset].decode("utf-8", "replace")
    return Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _position(mark: yaml.Mark | CMark, file: str) -> Position:
    return Position(file, mark.line + 1, mark.column + 1)


class _Converter:
    """Turns PyYAML's nodes into ours, each only once however often it is referred to."""

    def __init__(self, file: str, *, has_letters: bool) -> None:
        self._file = file
        self._letters = _LETTERS if has_letters else _NONE
        self._converted: dict[yaml.Node, Node] = {}
        self._merges = 0
        self._heights: dict[yaml.Node, int] = {}
        self._open: dict[yaml.Node, int] = {}
        """The nodes that are being converted; for each the greatest height of its children so far."""

    def convert(self, node: yaml.Node) -> Node:
        if node in self._open:
            raise _refusal("this refers to itself.", self._at(node))
        if node not in self._converted:
            self._open[node] = 0
            self._converted[node] = self._convert(node)
            self._heights[node] = self._open.pop(node) + 1
        self._note_height(node)
        return self._converted[node]

    def _note_height(self, node: yaml.Node) -> None:
        """Let the parent know how deep this is; aliases can nest what is not nested in the text."""
        height = self._heights[node]
        if len(self._open) + height > _DEEPEST + 1:
            raise _refusal("this is nested too deeply.", self._at(node))
        if self._open:
            parent = next(reversed(self._open))
            self._open[parent] = max(self._open[parent], height)

    def _convert(self, node: yaml.Node) -> Node:
        if isinstance(node, yaml.SequenceNode):
            return Sequence(tuple(self.convert(item) for item in node.value), self._at(node))
        if isinstance(node, yaml.ScalarNode):
            return Scalar(_value(node, self._letters), node.value, self._at(node))
        return self._convert_mapping(node)

    def _convert_mapping(self, node: yaml.Node) -> Mapping:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        repeated, contested = [], []
        for key, value in node.value:
            if key.tag == f"{_PREFIX}merge":
                for entry in self._merged(self.convert(value)):
                    merged.setdefault(entry.key, entry)
                    self._count_merged(value)
                    contested += [own[entry.key]] if entry.key in own else []
                continue
            entry = Entry(self._key(key), self._at(key), self.convert(value))
            repeated += [own.pop(entry.key)] if entry.key in own else []
            own[entry.key] = entry
        inherited = (entry for entry in merged.values() if entry.key not in own)
        return Mapping((*inherited, *own.values()), self._at(node), tuple(repeated), tuple(contested))

    def _count_merged(self, value: yaml.Node) -> None:
        self._merges += 1
        if self._merges > _MOST_MERGED:
            raise _refusal(f'"<<" merges more than {_MOST_MERGED} entries.', self._at(value))

    def _merged(self, value: Node) -> Iterator[Entry]:
        for source in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(source, Mapping):
                raise _refusal('what "<<" merges must be mappings.', source.at)
            yield from source

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _refusal("a key must be a single value.", self._at(node))
        value = _value(node, self._letters)
        if isinstance(value, bool):
            return str(value).lower()
        return "null" if value is None else str(value)

    def _at(self, node: yaml.Node) -> Position:
        return _position(node.start_mark, self._file)


def _value(node: yaml.ScalarNode, letters: re.Pattern[str]) -> str | bool | int | float | None:
    """Work out what a scalar means."""
    text: str = node.value
    kind = node.tag.removeprefix(_PREFIX)
    if kind == "null":
        return None
    if kind == "bool" or (kind == "str" and not node.style and letters.fullmatch(text)):
        return text.lower() in _TRUE
    if kind in ("int", "float"):
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
    except ValueError:  # YAML 1.1 counts 1:30 in sixties, go-yaml does not
        return text
