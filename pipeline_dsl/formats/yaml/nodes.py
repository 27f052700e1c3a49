"""YAML as a tree of nodes that know where they stand; two that say the same are equal wherever they do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.errors import Position


@dataclasses.dataclass(frozen=True)
class Scalar:
    """A single value.

    Arguments:
        value: what it means by the rules of YAML 1.1; a date or a tagged value is its text.
        text: how it is written, without quotes.
        at: where it starts.
    """

    value: str | bool | int | float | None
    text: str
    at: Position = dataclasses.field(compare=False)


@dataclasses.dataclass(frozen=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    at: Position = dataclasses.field(compare=False)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A key of a mapping and its value.

    Arguments:
        key: the key as text.
        at: where the key starts.
        value: the value.
    """

    key: str
    at: Position = dataclasses.field(compare=False)
    value: Node


@dataclasses.dataclass(frozen=True)
class Mapping:
    """Entries in the order in which they are written, merge keys resolved, each key once.

    Arguments:
        entries: the entries.
        at: where it starts.
        repeated: those entries that a later one of the same key has replaced.
        contested: those entries that hold, and that stand before a merge key which has them, too.
    """

    entries: tuple[Entry, ...]
    at: Position = dataclasses.field(compare=False)
    repeated: tuple[Entry, ...] = dataclasses.field(default=(), compare=False)
    contested: tuple[Entry, ...] = dataclasses.field(default=(), compare=False)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def entry(self, key: str) -> Entry | None:
        """Give the entry of a key; None where it is not there."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def get(self, key: str) -> Node | None:
        """Give the value of a key; None where it is not there."""
        entry = self.entry(key)
        return entry.value if entry else None


Node: TypeAlias = Scalar | Sequence | Mapping


def mappings(node: Node) -> Iterator[Mapping]:
    """Give all mappings of a tree, each once however often it is referred to."""
    met: set[int] = set()
    ahead = [node]
    while ahead:
        one = ahead.pop()
        if isinstance(one, Scalar) or id(one) in met:
            continue
        met.add(id(one))
        if isinstance(one, Mapping):
            yield one
            ahead += [entry.value for entry in one]
        else:
            ahead += one.items


def is_null(node: Node | None) -> bool:
    """Tell whether a node says nothing, explicitly."""
    return isinstance(node, Scalar) and node.value is None


def describe(node: Node) -> str:
    """Name a node in an error message: what was written, shortened, and its kind."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(None):
            return "nothing"
        case Scalar(bool()):
            return f"the boolean {node.text}"
        case Scalar(int() | float()):
            return f"the number {node.text}"
        case Scalar():
            return f'"{node.text}"' if len(node.text) <= _LONGEST else f'"{node.text[:_LONGEST]}…"'


_LONGEST = 60
"""How many characters of a value an error message shows."""
