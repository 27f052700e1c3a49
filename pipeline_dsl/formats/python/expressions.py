"""Values as Python expressions, with the comments of what they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_dsl.formats.python.layout import Atom, Expression, Group, Item
from pipeline_dsl.formats.yaml import Mapping as MappingNode
from pipeline_dsl.formats.yaml import Sequence as SequenceNode
from pipeline_dsl.model import Stage, Variant
from pipeline_dsl.model.definition import Definition, default, fields

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Collection, Iterator

    from pipeline_dsl.formats.python.references import References
    from pipeline_dsl.formats.python.remarks import Remarks
    from pipeline_dsl.formats.reading import Entries
    from pipeline_dsl.formats.yaml import Entry, Node


class Expressions:
    """Writes the values of one statement.

    Arguments:
        owner: the statement, which gets comments.
        remarks: gives comments.
        entries: says where the arguments of definitions come from.
        references: writes strings, and knows variables.
    """

    def __init__(self, owner: str, remarks: Remarks, entries: Entries, references: References) -> None:
        self._owner = owner
        self._remarks = remarks
        self._entries = entries
        self._references = references

    def arguments(
        self, definition: Definition, *, in_order: bool = False, without: Collection[str] = ()
    ) -> Iterator[Item]:
        """Write the arguments of a definition that are not at their default.

        Arguments:
            definition: the definition.
            in_order: whether they are to stand in the order of its fields, and not in that of the old file.
            without: names of arguments that are left out.
        """
        entries = self._entries.get(id(definition), {})
        order = [] if in_order else list(entries)

        def place(field: dataclasses.Field[object]) -> tuple[bool, int]:
            return bool(field.kw_only), order.index(field.name) if field.name in order else len(order)

        for field in sorted(fields(type(definition)), key=place):
            value = getattr(definition, field.name)
            if field.name not in without and value != default(field):
                label = f"{field.name}=" if field.kw_only else ""
                yield self._entry(value, entries.get(field.name), label)

    def _expression(self, value: object, node: Node | None) -> Expression:
        match value:
            case Variant() | Stage():
                return Atom(self._references.variable(value))
            case Definition():
                self._references.use(type(value).__name__)
                return Group(f"{type(value).__name__}(", tuple(self.arguments(value)), ")")
            case str():
                return Atom(self._references.text(value))
            case Mapping():
                return Group("{", tuple(self._mapping_items(value, node)), "}")
            case Sequence():
                return Group("[", tuple(self._list_items(value, node)), "]")
            case _:
                return Atom(repr(value))

    def _mapping_items(self, values: Mapping[str, object], node: Node | None) -> Iterator[Item]:
        entries = {entry.key: entry for entry in node} if isinstance(node, MappingNode) else {}
        for key, value in values.items():
            yield self._entry(value, entries.get(key), f"{self._references.text(key)}: ")

    def _entry(self, value: object, entry: Entry | None, label: str) -> Item:
        if entry is None:
            return Item(self._expression(value, None), label)
        above, below = self._remarks.take(self._owner, entry.at)
        return Item(self._expression(value, entry.value), label, above, below)

    def _list_items(self, values: Sequence[object], node: Node | None) -> Iterator[Item]:
        nodes: Sequence[Node | None] = node.items if isinstance(node, SequenceNode) else ()
        if len(nodes) != len(values):
            nodes = [None] * len(values)
        for value, item in zip(values, nodes, strict=True):
            above, below = self._remarks.take(self._owner, item.at) if item else ((), ())
            yield Item(self._expression(value, item), "", above, below)
