"""Comprehensions and merges: those whose items are known become plain lists and mappings.

``spec/pipelinelib.md`` §3.4. What depends on what is only known at run time stays a mapping with ``$each``
or ``$merge``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.formats.config.text import Use, translated
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, is_null

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.config.scope import Scope
    from pipeline_dsl.formats.diagnosis import Diagnosis

EACH = ("$each", "$in", "$delimiter", "$yield")
MERGE = ("$merge", "$with")


def is_late(node: Node) -> bool:
    """Tell whether an expanded node is an expression, whose value is only known at run time."""
    return isinstance(node, Mapping) and any(entry.key in (EACH[0], MERGE[0]) for entry in node)


def is_falsy(node: Node | None) -> bool:
    """Tell whether a value counts as absent."""
    match node:
        case None | Scalar(None | False | 0 | ""):
            return True
        case Sequence(items):
            return not items
        case Mapping(entries):
            return not entries
    return False


def spelled(node: Scalar) -> str:
    """Give the text of a value that is no mapping and no list."""
    match node.value:
        case bool():
            return str(node.value).lower()
        case None:
            return ""
    return str(node.value)


class Expander:
    """Puts all strings of a node into our syntax, and works out what can be worked out.

    Arguments:
        diagnosis: takes what is wrong, and counts the nodes.
        use: what the strings are for.
    """

    def __init__(self, diagnosis: Diagnosis, use: Use = Use.VALUE) -> None:
        self._diagnosis = diagnosis
        self._use = use

    def expanded(self, node: Node, scope: Scope) -> Node:
        """Give a node without what can be worked out now.

        Raises:
            WrongKindError: a part of a comprehension or of a merge is of the wrong kind.
        """
        self._diagnosis.count(node)
        match node:
            case Scalar(str(value)):
                text = self._text(value, node.at, scope)
                return Scalar(text, text, node.at)
            case Sequence(items):
                return Sequence(tuple(self.expanded(item, scope) for item in items), node.at)
            case Mapping() if node.entry(EACH[0]):
                return self._comprehension(node, scope)
            case Mapping() if node.entry(MERGE[0]):
                return self._merge(node, scope)
            case Mapping():
                return self._mapping(node, scope)
        return node

    def _text(self, text: str, at: Position, scope: Scope) -> str:
        return translated(text, at, scope, self._use, self._diagnosis)

    def _mapping(self, node: Mapping, scope: Scope) -> Mapping:
        entries: dict[str, Entry] = {}
        for entry in node:
            key = self._text(entry.key, entry.at, scope)
            entries[key] = Entry(key, entry.at, self.expanded(entry.value, scope))
        return Mapping(tuple(entries.values()), node.at)

    def _check_keys(self, node: Mapping, keys: tuple[str, ...]) -> None:
        for entry in node:
            if entry.key not in keys:
                hint = did_you_mean(entry.key, keys)
                self._diagnosis.error("unknown-key", f'there is no key "{entry.key}" here.', entry.at, hint)

    def _comprehension(self, node: Mapping, scope: Scope) -> Node:
        self._check_keys(node, EACH)
        names = _names(node)
        source = node.get("$in")
        delimiter = _delimiter(node.get("$delimiter"))
        found = self.expanded(source, scope) if source is not None else Sequence((), node.at)
        items = _items(found, delimiter)
        body = node.get("$yield") or _default(names[0], node.at)
        if items is None:
            return self._late(node, found, body, scope)
        results = []
        for item in items:
            values = [item] if len(names) == 1 else item.split()
            if len(values) < len(names):
                raise WrongKindError(found, f"of items of {len(names)} words each")
            loop = dict(zip(names, values, strict=False))
            results.append(self.expanded(body, scope.inside(loop)))
        return Sequence(tuple(results), node.at)

    def _late(self, node: Mapping, found: Node, body: Node, scope: Scope) -> Mapping:
        """Keep a comprehension whose items are not known yet."""
        values = {"$in": found}
        if node.get("$yield") is not None:
            values["$yield"] = self.expanded(body, scope.inside(dict.fromkeys(_names(node))))
        entries = tuple(Entry(one.key, one.at, values.get(one.key, one.value)) for one in node)
        return Mapping(tuple(one for one in entries if one.key in EACH), node.at)

    def _merge(self, node: Mapping, scope: Scope) -> Node:
        self._check_keys(node, MERGE)
        left, right = node.get(MERGE[0]), node.get(MERGE[1])
        if left is None or right is None:
            self._diagnosis.error("missing-key", f"{MERGE[1]}: is required.", node.at)
            return Sequence((), node.at)
        left, right = self.expanded(left, scope), self.expanded(right, scope)
        joined = _joined(left, right, node.at)
        if joined is not None:
            return joined
        given = dict(zip(MERGE, (left, right), strict=True))
        return Mapping(
            tuple(Entry(one.key, one.at, given[one.key]) for one in node if one.key in MERGE), node.at
        )


def _names(node: Mapping) -> tuple[str, ...]:
    variable = node.get(EACH[0])
    items = variable.items if isinstance(variable, Sequence) else (variable,)
    names = tuple(item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str))
    if not names or len(names) < len(items) or not all(re.fullmatch(r"[A-Za-z0-9_-]+", one) for one in names):
        raise WrongKindError(variable or node, "the name of a variable, or a list of such names")
    return names


def _delimiter(node: Node | None) -> str:
    if node is None or is_falsy(node):
        return "\n"
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return node.value
    raise WrongKindError(node, "a string")


def _default(name: str, at: Position) -> Scalar:
    text = f"${{.{name}}}"
    return Scalar(text, text, at)


def _items(node: Node, delimiter: str) -> list[str] | None:
    """Give the items that a comprehension goes through; None where they are not known."""
    match node:
        case Scalar(None):
            items = []
        case Scalar(str(text)):
            items = [text] if "${" in text else _split(text, delimiter)
        case Scalar():
            items = [spelled(node)]
        case Sequence():
            values = [item for item in node.items if isinstance(item, Scalar) and not is_null(item)]
            if len(values) < len(node.items):
                return None
            items = [spelled(item) for item in values]
        case _:
            return None
    return None if any("${" in item for item in items) else items


def _split(text: str, delimiters: str) -> list[str]:
    return [item for item in re.split(f"[{re.escape(delimiters)}]", text) if item]


def _joined(left: Node, right: Node, at: Position) -> Node | None:
    """Merge two values; None where one of them is not known yet."""
    if is_late(left) or is_late(right):
        return None
    match left, right:
        case Mapping(), Mapping():
            entries = {entry.key: entry for entry in (*left, *right)}
            return Mapping(tuple(entries.values()), at)
        case Sequence(first), Sequence(second):
            return Sequence((*first, *second), at)
        case Sequence(first), Scalar() if not is_null(right):
            return Sequence((*first, right), at)
        case Scalar(), Scalar() if isinstance(left.value, str) or isinstance(right.value, str):
            text = spelled(left) + spelled(right)
            return Scalar(text, text, at)
        case Scalar(), Scalar() if left.value is not None and right.value is not None:
            total = float(left.value) + float(right.value)
            is_whole = isinstance(left.value, int) and isinstance(right.value, int)
            return Scalar(int(total) if is_whole else total, str(total), at)
    raise WrongKindError(right, "of the same kind as what it is merged with")
