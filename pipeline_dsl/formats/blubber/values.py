"""Reading the values of a Blubber file: from nodes to arguments of definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import kinds
from pipeline_dsl.formats.blubber import doubts
from pipeline_dsl.formats.blubber.keys import known, unknown
from pipeline_dsl.formats.blubber.shapes import (
    BUILDER_KINDS,
    COPIES,
    MOUNTS,
    AnyForm,
    Form,
    Keys,
    ListOf,
    Shape,
)
from pipeline_dsl.formats.complaint import Arguments, complaint
from pipeline_dsl.formats.diagnosis import Diagnosis, suggestion
from pipeline_dsl.formats.kinds import WrongKindError
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, describe
from pipeline_dsl.model import Builder, Image

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.errors import Position
    from pipeline_dsl.model import Variant
    from pipeline_dsl.model.definition import Definition

_REFERENCE: Keys = {"from": ("reference", Form.TEXT)}


class Values:
    """Reads values; what is wrong with them goes into a diagnosis, and the value is left out.

    Arguments:
        diagnosis: takes errors and warnings.
        variants: the variants that have been read, by name: all that can be referred to.
        names: the names of all variants of the file.
        is_top: whether the values belong to the top level, where a 0 is a 0; in a variant it is ignored.
    """

    def __init__(
        self,
        diagnosis: Diagnosis,
        variants: AbstractMapping[str, Variant],
        names: Collection[str],
        *,
        is_top: bool,
    ) -> None:
        self.entries: dict[int, dict[str, Entry]] = {}
        """For each definition that was made, by its id, the entries that gave its arguments."""
        self._diagnosis = diagnosis
        self._variants = variants
        self._names = names
        self._is_top = is_top
        self._readers: dict[Form, Callable[[Node], object]] = {
            Form.TEXT: kinds.text,
            Form.STRING: kinds.string,
            Form.VARIABLE: kinds.variable,
            Form.FLAG: kinds.flag,
            Form.NUMBER: self._number,
            Form.BASE: self._base,
            Form.TEXTS: self._texts,
            Form.ENVIRONMENT: self._environment,
            Form.COMMAND: self._command,
            Form.PACKAGES: self._packages,
            Form.ORIGIN: self._origin,
            Form.BUILDER: self._builder,
            Form.BUILDERS: self._builders,
            Form.COPIES: self._copies,
            Form.INCLUDES: self._includes,
        }

    def arguments(self, node: Mapping, keys: Keys, *, lenient: bool = False) -> Arguments:
        """Read a mapping into arguments.

        Arguments:
            node: the mapping.
            keys: the keys that it may have.
            lenient: whether Blubber passes over unknown keys here without a word.
        """
        arguments: Arguments = {}
        for entry in node:
            found = known(entry, keys, self._diagnosis, lenient=lenient)
            if found is None:
                continue
            argument, form = found
            value = self.read(entry.value, form)
            if value is not None:
                arguments[argument] = (value, entry)
        return arguments

    def read(self, node: Node, form: AnyForm) -> object:
        """Read a value; None if it is not set, or wrong."""
        self._diagnosis.count(node)
        try:
            if isinstance(form, Shape):
                return self._definition(node, form)
            if isinstance(form, ListOf):
                return self._definitions(node, form)
            return self._readers[form](node)
        except WrongKindError as wrong:
            message = f"this must be {wrong.wanted}, not {describe(wrong.node)}."
            self._diagnosis.error("wrong-type", message, wrong.node.at, wrong.hint)
            return None

    def make(
        self, kind: type[Definition], arguments: Arguments, at: Position, keys: Keys
    ) -> Definition | None:
        """Make a definition; what it refuses becomes an error at the value's own place.

        Arguments:
            kind: its class.
            arguments: its arguments.
            at: where it stands.
            keys: the keys that its arguments were read from.
        """
        try:
            made = kind(**{name: value for name, (value, _) in arguments.items()})
        except DefinitionError as error:
            self._diagnosis.errors += [complaint(one, arguments, keys, at) for one in error.problems]
            return None
        object.__setattr__(made, "at", at)
        doubts.check(made, self._diagnosis)
        self.entries[id(made)] = {name: entry for name, (_, entry) in arguments.items()}
        return made

    def _definition(self, node: Node, shape: Shape) -> Definition | None:
        mapping = kinds.mapping(node)
        arguments = self.arguments(mapping, shape.keys, lenient=shape.lenient)
        missing = [key for key in shape.required if shape.keys[key][0] not in arguments]
        for key in missing:
            self._check_presence(mapping, key)
        return None if missing else self.make(shape.kind, arguments, node.at, shape.keys)

    def _check_presence(self, node: Mapping, key: str) -> None:
        """Complain of a key that is missing, if nothing has been said of its value yet."""
        value = node.get(key)
        if value is None or (isinstance(value, Scalar) and value.value in (None, "")):
            self._diagnosis.error("missing-key", f"{key}: is required.", node.at)

    def _definitions(self, node: Node, form: ListOf) -> list[object]:
        if form is MOUNTS:
            doubts.check_mounts(kinds.items(node), self._diagnosis)
        return [made for item in kinds.items(node) if (made := self._item(item, form)) is not None]

    def _item(self, node: Node, form: ListOf) -> object:
        if not form.short or isinstance(node, Mapping):
            return self.read(node, form.shape)
        if isinstance(node, Scalar) and node.value in ("", None):
            self._diagnosis.error("invalid-value", "an item of this list must not be empty.", node.at)
            return None
        _, short = form.shape.keys[form.short]
        return self.read(node, short)

    def _copies(self, node: Node) -> list[object]:
        if {type(item) for item in kinds.items(node)} == {Scalar, Mapping}:
            message = "copies holds strings and mappings; Blubber takes one or the other."
            self._diagnosis.error("mixed-copies", message, node.at, "Write {from: NAME} for the strings.")
            return []
        return self._definitions(node, COPIES)

    def _includes(self, node: Node) -> list[Variant]:
        included = []
        for index, item in enumerate(kinds.items(node)):
            name = kinds.string(item)
            if name in self._variants:
                included.append(self._variants[name])
            elif name != "local":  # which Blubber lets pass, and merges nothing
                message = f'includes[{index}]: references an unknown variant "{name}".'
                self._diagnosis.error("unknown-variant", message, item.at, suggestion(name, self._names))
        return included

    def _builders(self, node: Node) -> list[object]:
        builders: list[object] = []
        for item in kinds.items(node):
            made = self.read(item, Form.BUILDER)
            if not isinstance(made, Builder) and type(made) in map(type, builders):
                message = "builders: contains disallowed repetitions of entries."
                self._diagnosis.error("invalid-value", message, item.at, "Only custom may be there twice.")
            elif made is not None:
                builders.append(made)
        return builders

    def _builder(self, node: Node) -> object:
        entries = {entry.key: entry for entry in kinds.mapping(node)}
        for key, entry in entries.items():
            if key not in BUILDER_KINDS:
                unknown(entry, BUILDER_KINDS, self._diagnosis)
        chosen = next((kind for kind in ("custom", "php", "node", "python") if kind in entries), None)
        if chosen is None:
            if not entries:
                raise WrongKindError(node, f"a mapping of one of {', '.join(BUILDER_KINDS)}")
            return None
        if len(entries) > 1:
            message = f"of several builders in one entry Blubber keeps one: {chosen}."
            self._diagnosis.warn("crowded-builder", message, node.at, "So does this.")
        return self.read(entries[chosen].value, BUILDER_KINDS[chosen])

    def _number(self, node: Node) -> int | None:
        number = kinds.integer(node)
        if number == 0 and not self._is_top:
            message = "Blubber takes a 0 in a variant for a number that is not given."
            hint = "So does this: the inherited number holds."
            self._diagnosis.warn("ignored-zero", message, node.at, hint)
            return None
        return number

    def _base(self, node: Node) -> str | None:
        base = kinds.text_or_null(node)
        if base == "scratch":
            message = 'Blubber looks for an image called "scratch", which there is none of.'
            hint = "Here it means to start from nothing, as base: ~ does."
            self._diagnosis.warn("base-scratch", message, node.at, hint)
        return base

    def _texts(self, node: Node) -> list[object]:
        return [text for item in kinds.items(node) if (text := self.read(item, Form.STRING)) is not None]

    def _environment(self, node: Node) -> dict[str, str]:
        return {entry.key: str(self.read(entry.value, Form.VARIABLE) or "") for entry in kinds.mapping(node)}

    def _command(self, node: Node) -> object:
        if isinstance(node, Sequence):
            return self._texts(node)
        return kinds.command(node)

    def _packages(self, node: Node) -> object:
        if not isinstance(node, Mapping):
            return self._texts(node)
        given = {entry.key: self.read(entry.value, Form.TEXTS) for entry in node}
        return {release: packages for release, packages in given.items() if packages is not None}

    def _origin(self, node: Node) -> object:
        name = kinds.text_or_null(node)
        if name is None or name == "local":
            return name
        if name in self._variants:
            return self._variants[name]
        near = suggestion(name, self._names)
        if near:
            message = f'"{name}" is no variant, so that it is taken for an image.'
            self._diagnosis.warn("likely-misspelt", message, node.at, near)
        return self.make(Image, {"reference": (name, Entry("from", node.at, node))}, node.at, _REFERENCE)
