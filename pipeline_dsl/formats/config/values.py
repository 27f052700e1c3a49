"""Reading the values of a config: from nodes to arguments of definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import DefinitionError, did_you_mean
from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.complaint import Arguments, complaint
from pipeline_dsl.formats.config.expand import Expander, is_falsy, is_late, spelled
from pipeline_dsl.formats.config.shapes import CREDENTIAL, Form, Keys, Shape
from pipeline_dsl.formats.config.text import Use
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, describe
from pipeline_dsl.model import Each, Merge

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.config.scope import Scope
    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.model.definition import Definition

_LOOP: Keys = {
    "$each": ("variable", Form.TEXT),
    "$in": ("of", Form.VALUE),
    "$yield": ("value", Form.VALUE),
    "$delimiter": ("delimiter", Form.TEXT),
}
_MERGE: Keys = {"$merge": ("left", Form.VALUE), "$with": ("right", Form.VALUE)}

Reader: TypeAlias = "Callable[[Node, Scope], object]"


class Values:
    """Reads values; what is wrong with them goes into a diagnosis, and the value is left out.

    Arguments:
        diagnosis: takes errors and warnings.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.entries: dict[int, dict[str, Entry]] = {}
        """For each definition that was made, by its id, the entries that gave its arguments."""
        self._made: list[Definition] = []  # so that no id is used twice
        self._diagnosis = diagnosis
        self._expander = Expander(diagnosis)
        self._readers: dict[Form, Reader] = {
            Form.TEXT: self._text,
            Form.LITERAL: lambda node, _: self._plain_text(node),
            Form.TEXTS: lambda node, scope: self._texts(self._expander.expanded(node, scope)),
            Form.WORDS: self._words,
            Form.VARIABLES: self._variables,
            Form.TEXT_BY_NAME: lambda node, scope: self._text_by_name(self._expander.expanded(node, scope)),
            Form.VALUE: lambda node, scope: self._value(self._expander.expanded(node, scope)),
            Form.VALUE_BY_NAME: self._value_by_name,
            Form.OVERRIDES: self._overrides,
            Form.FLAG: lambda node, _: self._flag(node),
            Form.NUMBER: self._number,
            Form.ADDRESSES: self._addresses,
            Form.CREDENTIALS: self._credentials,
            Form.PULL: self._pull,
            Form.IGNORED: lambda _node, _scope: None,
        }

    def arguments(self, node: Mapping, shape: Shape, scope: Scope) -> Arguments:
        """Read a mapping into arguments; those that say what holds anyway are left out."""
        arguments: Arguments = {}
        for entry in node:
            if entry.key not in shape.keys:
                self.unknown(entry, shape.keys)
                continue
            argument, form = shape.keys[entry.key]
            if is_falsy(entry.value) and form is not Form.FLAG:
                continue
            value = self.read(entry.value, form, scope)
            if value is not None and value != shape.defaults.get(entry.key, None):
                arguments[argument] = (value, entry)
        return arguments

    def definition(self, node: Node, shape: Shape, scope: Scope) -> Definition | None:
        """Read a mapping as a definition; None if something is wrong with it."""
        try:
            mapping = kinds.mapping(node)
        except WrongKindError as wrong:
            self.wrong(wrong)
            return None
        arguments = self.arguments(mapping, shape, scope)
        missing = [key for key in shape.required if is_falsy(mapping.get(key))]
        for key in missing:
            self._diagnosis.error("missing-key", f"{key}: is required.", node.at)
        if missing or any(shape.keys[key][0] not in arguments for key in shape.required):
            return None
        return self.make(shape.kind, arguments, node.at, shape.keys)

    def read(self, node: Node, form: Form | Shape, scope: Scope) -> object:
        """Read a value; None if it is wrong."""
        self._diagnosis.count(node)
        try:
            if isinstance(form, Shape):
                return self.definition(node, form, scope)
            return self._readers[form](node, scope)
        except WrongKindError as wrong:
            self.wrong(wrong)
            return None

    def make(
        self, kind: type[Definition], arguments: Arguments, at: Position, keys: Keys
    ) -> Definition | None:
        """Make a definition; what it refuses becomes an error at the value's own place."""
        try:
            made = kind(**{name: value for name, (value, _) in arguments.items()})
        except DefinitionError as error:
            self._diagnosis.errors += [complaint(one, arguments, keys, at) for one in error.problems]
            return None
        object.__setattr__(made, "at", at)
        self.entries[id(made)] = {name: entry for name, (_, entry) in arguments.items()}
        self._made.append(made)
        return made

    def unknown(self, entry: Entry, keys: Keys) -> None:
        """Complain of a key that there is none of."""
        hint = did_you_mean(entry.key, keys)
        self._diagnosis.error("unknown-key", f'there is no key "{entry.key}" here.', entry.at, hint)

    def wrong(self, wrong: WrongKindError) -> None:
        """Complain of a value of the wrong kind."""
        if is_late(wrong.node):
            message = f"this must be {wrong.wanted}, and not what is only known at run time."
            self._diagnosis.error("not-importable", message, wrong.node.at)
            return
        message = f"this must be {wrong.wanted}, not {describe(wrong.node)}."
        self._diagnosis.error("wrong-type", message, wrong.node.at, wrong.hint)

    def _text(self, node: Node, scope: Scope) -> str:
        return self._plain_text(self._expander.expanded(node, scope))

    def _plain_text(self, node: Node) -> str:
        if not isinstance(node, Scalar) or node.value is None:
            raise WrongKindError(node, "a string")
        if not isinstance(node.value, str) and spelled(node) != node.text:
            message = f"{describe(node)} is taken for the string {spelled(node)}."
            self._diagnosis.warn("unquoted", message, node.at, f'Write "{node.text}" if that is meant.')
        return spelled(node)

    def _texts(self, node: Node) -> object:
        if is_late(node):
            return self._late(node)
        return self._strings(node)

    def _words(self, node: Node, scope: Scope) -> list[str]:
        return self._strings(self._expander.expanded(node, scope))

    def _strings(self, node: Node) -> list[str]:
        return [text for item in kinds.items(node) if (text := self._item(item)) is not None]

    def _item(self, node: Node) -> str | None:
        try:
            return self._plain_text(node)
        except WrongKindError as wrong:
            self.wrong(wrong)
            return None

    def _variables(self, node: Node, scope: Scope) -> object:
        """Read environment variables, through a shell."""
        return self._text_by_name(Expander(self._diagnosis, Use.VARIABLE).expanded(node, scope))

    def _text_by_name(self, node: Node) -> object:
        if is_late(node):
            return self._late(node)
        read = {entry.key: self._item(entry.value) for entry in kinds.mapping(node)}
        return {key: text for key, text in read.items() if text is not None}

    def _value(self, node: Node) -> object:
        if is_late(node):
            return self._late(node)
        match node:
            case Scalar():
                return node.value
            case Sequence(items):
                return [self._value(item) for item in items]
        return {entry.key: self._value(entry.value) for entry in node}

    def _value_by_name(self, node: Node, scope: Scope) -> object:
        """Read values by name; the names may hold no expressions."""
        return {entry.key: self.read(entry.value, Form.VALUE, scope) for entry in kinds.mapping(node)}

    def _overrides(self, node: Node, scope: Scope) -> object:
        expanded = self._expander.expanded(node, scope)
        if is_late(expanded):
            raise WrongKindError(expanded, "a mapping")
        return self._value(kinds.mapping(expanded))

    def _flag(self, node: Node) -> bool:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        message = f"PipelineLib takes {describe(node)} for {str(not is_falsy(node)).lower()}."
        self._diagnosis.warn("unquoted", message, node.at, "So does this. Write true or false.")
        return not is_falsy(node)

    def _number(self, node: Node, scope: Scope) -> int:
        expanded = self._expander.expanded(node, scope)
        if isinstance(expanded, Scalar) and isinstance(expanded.value, str) and expanded.value.isdecimal():
            return int(expanded.value)
        return kinds.integer(expanded)

    def _addresses(self, node: Node, scope: Scope) -> list[str]:
        """Read recipients: a list, or a string; several may stand in one string, with commas between them."""
        expanded = self._expander.expanded(node, scope)
        texts = [self._plain_text(expanded)] if isinstance(expanded, Scalar) else self._strings(expanded)
        return [one.strip() for text in texts for one in text.split(",") if one.strip()]

    def _credentials(self, node: Node, scope: Scope) -> list[Definition]:
        read = [self._credential(item, scope) for item in kinds.items(node)]
        return [one for one in read if one is not None]

    def _credential(self, node: Node, scope: Scope) -> Definition | None:
        shape = CREDENTIAL
        arguments = self.arguments(kinds.mapping(node), shape, scope)
        if "id" not in arguments or len(arguments) == 1:
            missing = "name" if "id" in arguments else "id"
            self._diagnosis.error("missing-key", f"{missing}: is required.", node.at)
            return None
        if arguments.get("variable", (None,))[0] == arguments["id"][0]:
            del arguments["variable"]
        return self.make(shape.kind, arguments, node.at, shape.keys)

    def _pull(self, node: Node, scope: Scope) -> str:
        policy = self._text(node, scope)
        return policy if policy in ("always", "never") else "missing"

    def _late(self, node: Node) -> Definition | None:
        """Read an expanded comprehension or merge."""
        entries = {entry.key: entry for entry in kinds.mapping(node)}
        if "$each" in entries:
            variable = entries["$each"].value
            names = (
                [item.text for item in variable.items if isinstance(item, Scalar)]
                if isinstance(variable, Sequence)
                else variable.text
                if isinstance(variable, Scalar)
                else None
            )
            arguments: Arguments = {"variable": (names, entries["$each"])}
            for key in ("$in", "$yield"):
                if key in entries:
                    arguments[_LOOP[key][0]] = (self._value(entries[key].value), entries[key])
            delimiter = entries.get("$delimiter")
            if delimiter and not is_falsy(delimiter.value):
                arguments["delimiter"] = (self._plain_text(delimiter.value), delimiter)
            return self.make(Each, arguments, node.at, _LOOP)
        arguments = {_MERGE[key][0]: (self._value(entries[key].value), entries[key]) for key in _MERGE}
        return self.make(Merge, arguments, node.at, _MERGE)
