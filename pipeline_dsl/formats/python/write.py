"""Writing a pipeline file: from a project to the Python that a person would have written for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_dsl.formats.python.layout import WIDTH, Atom, Expression, Group, Item, statement
from pipeline_dsl.formats.python.literals import literal
from pipeline_dsl.formats.python.names import variable_names
from pipeline_dsl.formats.python.remarks import END, Remarks
from pipeline_dsl.formats.yaml import Entry, Node
from pipeline_dsl.formats.yaml import Mapping as MappingNode
from pipeline_dsl.formats.yaml import Sequence as SequenceNode
from pipeline_dsl.model import Variant
from pipeline_dsl.model.definition import Definition, default, fields
from pipeline_dsl.resolve.order import foundations_first

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.formats.yaml import Comment
    from pipeline_dsl.model import Project


def write(
    project: Project,
    entries: Mapping[int, Mapping[str, Entry]] | None = None,
    comments: Iterable[Comment] = (),
) -> str:
    """Write the pipeline file of a project.

    Arguments:
        project: the project.
        entries: where the arguments of its definitions come from: for each definition, by its id, the
            entries of the file that was read.
        comments: the comments of that file; each goes where what it is about goes.

    Returns:
        The text of the file.
    """
    return _Writer(project, entries or {}, comments).text()


_HEADER = ""
"""The owner of what stands above the first statement, and of the project's own settings."""

_ENCODING = re.compile(r"#.*?coding[:=]")
"""What Python takes for the name of the file's encoding, in the first two lines of a file."""


class _Writer:
    def __init__(
        self, project: Project, entries: Mapping[int, Mapping[str, Entry]], comments: Iterable[Comment]
    ) -> None:
        self._project = project
        self._entries = entries
        self._variants = foundations_first(project.variants, lambda variant: tuple(_referred(variant)))
        self._variables = variable_names((variant.name for variant in self._variants), "_variant")
        self._remarks = Remarks(comments, self._parts())
        self._owner = _HEADER
        self._used: set[str] = set()

    def text(self) -> str:
        above, below = self._remarks.take_up_to(_HEADER, self._project.at.line)
        header = _lines((*above, *below))
        statements = list(self._statements())
        header += _lines(self._remarks.take_rest(_HEADER))
        rest = _lines(self._remarks.take_rest(END))
        has_encoding = any(map(_ENCODING.match, header.splitlines()[:2]))
        top = [self._import(), header] if has_encoding else [header, self._import()]
        return "\n".join(part for part in (*top, *statements, rest) if part)

    def _parts(self) -> dict[int, str]:
        """Say which line of the old file starts what."""
        settings = self._entries.get(id(self._project), {})
        parts = {0: _HEADER} | {entry.at.line: _HEADER for entry in settings.values()}
        if "variants" in settings and self._variants:
            parts[settings["variants"].at.line] = self._variants[0].name
        return parts | {variant.at.line: variant.name for variant in reversed(self._variants)}

    def _import(self) -> str:
        names = tuple(Item(Atom(name)) for name in sorted(self._used, key=str.casefold))
        line = f"from pipeline_dsl import {', '.join(sorted(self._used, key=str.casefold))}\n"
        if len(line.rstrip()) <= WIDTH:
            return line
        return statement("", Group("from pipeline_dsl import (", names, ")"))

    def _statements(self) -> Iterator[str]:
        """Write the project's own settings as soon as the variants that they refer to are there."""
        awaited = set(_referred(self._project))
        is_settled = False
        for variant in self._variants:
            if not (awaited or is_settled):
                yield from self._project_statement()
                is_settled = True
            yield self._variant_statement(variant)
            awaited.discard(variant)
        if not is_settled:
            yield from self._project_statement()

    def _project_statement(self) -> Iterator[str]:
        self._owner = _HEADER
        items = [item for item in self._arguments(self._project) if item.label != "variants="]
        if len(items) > 1 or not self._variants:
            self._used.add("Project")
            above = _lines(self._remarks.take_rest(_HEADER))
            yield above + statement("", Group("Project(", tuple(items), ")"))

    def _variant_statement(self, variant: Variant) -> str:
        self._owner = variant.name
        self._used.add("Variant")
        above, below = self._remarks.take_up_to(variant.name, variant.at.line)
        value = Group("Variant(", tuple(self._arguments(variant)), ")")
        above += self._remarks.take_rest(variant.name)
        return _lines(above) + statement(self._variables[variant.name], value) + _lines(below)

    def _expression(self, value: object, node: Node | None) -> Expression:
        match value:
            case Variant():
                return Atom(self._variables[value.name])
            case Definition():
                self._used.add(type(value).__name__)
                return Group(f"{type(value).__name__}(", tuple(self._arguments(value)), ")")
            case str():
                return Atom(literal(value))
            case Mapping():
                return Group("{", tuple(self._mapping_items(value, node)), "}")
            case Sequence():
                return Group("[", tuple(self._list_items(value, node)), "]")
            case _:
                return Atom(repr(value))

    def _arguments(self, definition: Definition) -> Iterator[Item]:
        entries = self._entries.get(id(definition), {})
        order = list(entries)

        def place(field: dataclasses.Field[object]) -> tuple[bool, int]:
            return bool(field.kw_only), order.index(field.name) if field.name in entries else len(order)

        for field in sorted(fields(type(definition)), key=place):
            value = getattr(definition, field.name)
            if value != default(field):
                label = f"{field.name}=" if field.kw_only else ""
                yield self._entry(value, entries.get(field.name), label)

    def _mapping_items(self, values: Mapping[str, object], node: Node | None) -> Iterator[Item]:
        entries = {entry.key: entry for entry in node} if isinstance(node, MappingNode) else {}
        for key, value in values.items():
            yield self._entry(value, entries.get(key), f"{literal(key)}: ")

    def _entry(self, value: object, entry: Entry | None, label: str) -> Item:
        if entry is None:
            return Item(self._expression(value, None), label)
        above, below = self._remarks.take(self._owner, entry.at.line)
        return Item(self._expression(value, entry.value), label, above, below)

    def _list_items(self, values: Sequence[object], node: Node | None) -> Iterator[Item]:
        nodes: Sequence[Node | None] = node.items if isinstance(node, SequenceNode) else ()
        if len(nodes) != len(values):
            nodes = [None] * len(values)
        for value, item in zip(values, nodes, strict=True):
            above, below = self._remarks.take(self._owner, item.at.line) if item else ((), ())
            yield Item(self._expression(value, item), "", above, below)


def _lines(comments: Iterable[str]) -> str:
    return "".join(f"{comment}\n" for comment in comments)


def _referred(value: object) -> Iterator[Variant]:
    """Give the variants that a definition refers to, in the order of its arguments."""
    match value:
        case Definition():
            for field in fields(type(value)):
                if field.name != "variants":
                    yield from _within(getattr(value, field.name))


def _within(value: object) -> Iterator[Variant]:
    match value:
        case Variant():
            yield value
        case Definition():
            yield from _referred(value)
        case list() | tuple():
            for item in value:
                yield from _within(item)
