"""Writing a pipeline file: from a project to the Python that a person would have written for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Position
from pipeline_dsl.formats.python.layout import WIDTH, Atom, Expression, Group, Item, statement
from pipeline_dsl.formats.python.literals import literal
from pipeline_dsl.formats.python.names import variable_names
from pipeline_dsl.formats.yaml.nodes import Entry, Node
from pipeline_dsl.formats.yaml.nodes import Mapping as MappingNode
from pipeline_dsl.formats.yaml.nodes import Sequence as SequenceNode
from pipeline_dsl.model import Variant
from pipeline_dsl.model.definition import Definition, default, fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.formats.yaml.comments import Comment
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


class _Writer:
    def __init__(
        self, project: Project, entries: Mapping[int, Mapping[str, Entry]], comments: Iterable[Comment]
    ) -> None:
        self._project = project
        self._entries = entries
        self._comments: dict[int, list[str]] = {}
        for comment in comments:
            self._comments.setdefault(comment.about, []).append(comment.text)
        self._variables = variable_names((variant.name for variant in project.variants), "_variant")
        self._used: set[str] = set()

    def text(self) -> str:
        header = self._comments_up_to(self._project.at.line)
        statements = list(self._statements())
        rest = [text for _, texts in sorted(self._comments.items()) for text in texts]
        parts = [_lines(header), self._import(), *statements, _lines(rest)]
        return "\n".join(part for part in parts if part)

    def _import(self) -> str:
        names = tuple(Item(Atom(name)) for name in sorted(self._used, key=str.casefold))
        line = f"from pipeline_dsl import {', '.join(sorted(self._used, key=str.casefold))}\n"
        if len(line.rstrip()) <= WIDTH:
            return line
        return statement("", Group("from pipeline_dsl import (", names, ")"))

    def _statements(self) -> Iterator[str]:
        """Write the project's own settings as soon as the variants that they refer to are there."""
        settings = self._project_statement()
        awaited = {variant.name for variant in _referred(self._project)}
        for variant in _in_order(self._project.variants):
            if settings and not awaited:
                yield settings
                settings = ""
            yield self._variant_statement(variant)
            awaited.discard(variant.name)
        if settings:
            yield settings

    def _project_statement(self) -> str:
        items = [item for item in self._arguments(self._project) if item.label != "variants="]
        if len(items) == 1 and not any(item.comments for item in items):
            return ""
        self._used.add("Project")
        return statement("", Group("Project(", tuple(items), ")"))

    def _variant_statement(self, variant: Variant) -> str:
        above = self._comments_up_to(variant.at.line)
        self._used.add("Variant")
        value = Group("Variant(", tuple(self._arguments(variant)), ")")
        return _lines(above) + statement(self._variables[variant.name], value)

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
        order = {name: entry.at for name, entry in entries.items()}
        last = Position("", sys.maxsize)
        for field in sorted(fields(type(definition)), key=lambda field: order.get(field.name, last)):
            value = getattr(definition, field.name)
            if value == default(field):
                continue
            entry = entries.get(field.name)
            above = self._comments_at(entry)
            label = f"{field.name}=" if field.kw_only else ""
            yield Item(self._expression(value, entry.value if entry else None), label, above)

    def _mapping_items(self, values: Mapping[str, object], node: Node | None) -> Iterator[Item]:
        entries = {entry.key: entry for entry in node} if isinstance(node, MappingNode) else {}
        for key, value in values.items():
            entry = entries.get(key)
            above = self._comments_at(entry)
            yield Item(self._expression(value, entry.value if entry else None), f"{literal(key)}: ", above)

    def _list_items(self, values: Sequence[object], node: Node | None) -> Iterator[Item]:
        nodes: Sequence[Node | None] = node.items if isinstance(node, SequenceNode) else ()
        if len(nodes) != len(values):
            nodes = [None] * len(values)
        for value, item in zip(values, nodes, strict=True):
            above = self._take(item.at.line) if item else ()
            yield Item(self._expression(value, item), comments=above)

    def _comments_at(self, entry: Entry | None) -> tuple[str, ...]:
        return self._take(entry.at.line) if entry else ()

    def _take(self, line: int) -> tuple[str, ...]:
        """Give the comments that are about a line, to the first thing of that line that asks."""
        return tuple(self._comments.pop(line, ()))

    def _comments_up_to(self, line: int) -> tuple[str, ...]:
        due = sorted(about for about in self._comments if about <= line and about > 0)
        return tuple(text for about in due for text in self._comments.pop(about))


def _lines(comments: Iterable[str]) -> str:
    return "".join(f"{comment}\n" for comment in comments)


def _in_order(variants: Sequence[Variant]) -> Iterator[Variant]:
    """Give variants in their own order, but each after those that it refers to."""
    given: set[Variant] = set()

    def visit(variant: Variant) -> Iterator[Variant]:
        if variant not in given:
            given.add(variant)
            for other in _referred(variant):
                yield from visit(other)
            yield variant

    for variant in variants:
        yield from visit(variant)


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
