"""Reading the values of a Blubber file: from nodes to arguments of definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import DefinitionError, did_you_mean
from pipeline_dsl.formats.blubber.shapes import ARTIFACT, BUILDER_KINDS, AnyForm, Form, ListOf, Shape
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, describe
from pipeline_dsl.model import Image, Mount

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.errors import Position, Problem
    from pipeline_dsl.formats.blubber.diagnosis import Diagnosis
    from pipeline_dsl.model import Variant
    from pipeline_dsl.model.definition import Definition

Arguments: TypeAlias = dict[str, tuple[object, Entry]]
"""For each argument that is given its value, and the entry that gives it."""

Keys: TypeAlias = "AbstractMapping[str, tuple[str, AnyForm]]"


class Values:
    """Reads values; what is wrong with them goes into a diagnosis, and the value is left out.

    Arguments:
        diagnosis: takes errors and warnings.
        variants: the variants that can be referred to, by name.
        is_top: whether the values belong to the top level, where a 0 is a 0; in a variant it is ignored.
    """

    def __init__(
        self, diagnosis: Diagnosis, variants: AbstractMapping[str, Variant], *, is_top: bool
    ) -> None:
        self.entries: dict[int, dict[str, Entry]] = {}
        """For each definition that was made, by its id, the entries that gave its arguments."""
        self._diagnosis = diagnosis
        self._variants = variants
        self._is_top = is_top
        self._readers: dict[Form, Callable[[Node], object]] = {
            Form.TEXT: self._text,
            Form.STRING: self._string,
            Form.FLAG: self._flag,
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
        }

    def arguments(self, node: Mapping, keys: Keys, *, lenient: bool = False) -> Arguments:
        """Read a mapping into arguments.

        Arguments:
            node: the mapping.
            keys: the keys that it may have, each with an argument's name and its form.
            lenient: whether Blubber passes over unknown keys here without a word.
        """
        self._warn_of_repeated(node)
        arguments: Arguments = {}
        for entry in node:
            known = keys.get(entry.key) or self._any_case(entry, keys)
            if known is None:
                self._unknown(entry, keys, lenient=lenient)
                continue
            argument, form = known
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
        except _WrongError as wrong:
            message = f"this must be {wrong.wanted}, not {describe(wrong.node)}."
            self._diagnosis.error("wrong-type", message, wrong.node.at, _advise(wrong))
            return None

    def make(self, kind: type[Definition], arguments: Arguments, at: Position) -> Definition | None:
        """Make a definition; what it refuses becomes an error at the value's own place."""
        try:
            made = kind(**{name: value for name, (value, _) in arguments.items()})
        except DefinitionError as error:
            for problem in error.problems:
                place = _place(problem, arguments)
                self._diagnosis.error(problem.code, problem.message, place or at, problem.hint)
            return None
        object.__setattr__(made, "at", at)
        self.entries[id(made)] = {name: entry for name, (_, entry) in arguments.items()}
        return made

    def _definition(self, node: Node, shape: Shape) -> Definition | None:
        if not isinstance(node, Mapping):
            raise _WrongError(node, "a mapping")
        arguments = self.arguments(node, shape.keys, lenient=shape.lenient)
        missing = [key for key in shape.required if shape.keys[key][0] not in arguments]
        for key in missing:
            if node.get(key) is None or isinstance(node.get(key), Scalar):
                self._diagnosis.error("missing-key", f'"{key}" is required here.', node.at)
        if missing:
            return None
        if shape.kind is Mount and arguments["origin"][0] == "local":
            message = "Blubber takes local, as what is mounted, for an image of that name."
            self._diagnosis.warn("mounted-context", message, node.at, "Here it is the build context.")
        return self.make(shape.kind, arguments, node.at)

    def _definitions(self, node: Node, form: ListOf) -> list[object] | None:
        if not isinstance(node, Sequence):
            raise _WrongError(node, "a list")
        return [made for item in node.items if (made := self._item(item, form)) is not None]

    def _item(self, node: Node, form: ListOf) -> object:
        if form.short and not isinstance(node, Mapping):
            _, short = form.shape.keys[form.short]
            return self.read(node, short)
        return self.read(node, form.shape)

    def _copies(self, node: Node) -> list[object] | None:
        if not isinstance(node, Sequence):
            raise _WrongError(node, "a list")
        kinds = {type(item) for item in node.items}
        if kinds == {Scalar, Mapping}:
            message = "copies holds strings and mappings; Blubber takes one or the other."
            self._diagnosis.error("mixed-copies", message, node.at, "Write {from: NAME} for the strings.")
            return None
        return self._definitions(node, ListOf(ARTIFACT, short="from"))

    def _builders(self, node: Node) -> list[object] | None:
        if not isinstance(node, Sequence):
            raise _WrongError(node, "a list")
        return [made for item in node.items if (made := self.read(item, Form.BUILDER)) is not None]

    def _builder(self, node: Node) -> object:
        if not isinstance(node, Mapping) or not node.entries:
            raise _WrongError(node, f"a mapping of one of {', '.join(BUILDER_KINDS)}")
        for entry in node:
            if entry.key not in BUILDER_KINDS:
                self._unknown(entry, BUILDER_KINDS)
        given = {entry.key: entry.value for entry in node}
        chosen = next((kind for kind in ("custom", "php", "node", "python") if kind in given), None)
        if chosen is None:
            return None
        if len(given) > 1:
            message = f"of several builders in one entry Blubber keeps one: {chosen}."
            self._diagnosis.warn("crowded-builder", message, node.at, "So does this.")
        return self.read(given[chosen], BUILDER_KINDS[chosen])

    def _string(self, node: Node) -> str:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        raise _WrongError(node, "a string")

    def _text(self, node: Node) -> str | None:
        return self._string(node) or None

    def _flag(self, node: Node) -> bool | None:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        raise _WrongError(node, "true or false")

    def _number(self, node: Node) -> int | None:
        if not isinstance(node, Scalar) or not isinstance(node.value, int) or isinstance(node.value, bool):
            raise _WrongError(node, "an integer")
        if node.value == 0 and not self._is_top:
            message = "Blubber takes a 0 in a variant for a number that is not given."
            self._diagnosis.warn(
                "ignored-zero", message, node.at, "So does this: the inherited number holds."
            )
            return None
        return node.value

    def _base(self, node: Node) -> str | None:
        if isinstance(node, Scalar) and node.value is None:
            return None
        return self._text(node)

    def _texts(self, node: Node) -> list[object]:
        if not isinstance(node, Sequence):
            raise _WrongError(node, "a list of strings")
        return [text for item in node.items if (text := self.read(item, Form.STRING)) is not None]

    def _environment(self, node: Node) -> dict[str, object]:
        if not isinstance(node, Mapping):
            raise _WrongError(node, "a mapping of strings")
        self._warn_of_repeated(node)
        return {entry.key: self._variable(entry.value) for entry in node}

    def _variable(self, node: Node) -> object:
        is_null = isinstance(node, Scalar) and node.value is None
        return "" if is_null else self.read(node, Form.STRING) or ""

    def _command(self, node: Node) -> object:
        if isinstance(node, Sequence):
            return self._texts(node)
        if isinstance(node, Scalar) and node.value == "":
            raise _WrongError(node, "a command")
        return self._string(node)

    def _packages(self, node: Node) -> object:
        if not isinstance(node, Mapping):
            return self._texts(node)
        given = {entry.key: self.read(entry.value, Form.TEXTS) for entry in node}
        return {release: names for release, names in given.items() if names is not None}

    def _origin(self, node: Node) -> object:
        name = self._text(node)
        if name is None or name == "local":
            return name
        if name in self._variants:
            return self._variants[name]
        near = did_you_mean(name, self._variants)
        if near:
            message = f'"{name}" is no variant, so that it is taken for an image.'
            self._diagnosis.warn("likely-misspelt", message, node.at, near)
        return self.make(Image, {"reference": (name, Entry("from", node.at, node))}, node.at)

    def _unknown(self, entry: Entry, keys: AbstractMapping[str, object], *, lenient: bool = False) -> None:
        hint = did_you_mean(entry.key, keys)
        if lenient:
            message = f'Blubber passes over the unknown key "{entry.key}" without a word.'
            self._diagnosis.warn("ignored-key", message, entry.at, hint or "So does this.")
        else:
            self._diagnosis.error("unknown-key", f'there is no key "{entry.key}" here.', entry.at, hint)

    def _any_case(self, entry: Entry, keys: Keys) -> tuple[str, AnyForm] | None:
        known = next((key for key in keys if key.lower() == entry.key.lower()), None)
        if known is None:
            return None
        message = f'Blubber takes "{entry.key}" for "{known}" and does not check its value.'
        self._diagnosis.warn("key-in-capitals", message, entry.at, "Here it counts, and is checked.")
        return keys[known]

    def _warn_of_repeated(self, node: Mapping) -> None:
        for entry in node.repeated:
            message = f'"{entry.key}" is given more than once; the last one counts.'
            self._diagnosis.warn("repeated-key", message, entry.at)


class _WrongError(Exception):
    """A value is of another kind than it has to be.

    Arguments:
        node: the value.
        wanted: what it has to be.
    """

    def __init__(self, node: Node, wanted: str) -> None:
        super().__init__(node, wanted)
        self.node = node
        self.wanted = wanted


def _advise(wrong: _WrongError) -> str:
    match wrong.node:
        case Scalar(None):
            return "Leave the key out."
        case Scalar(text=text) if wrong.wanted == "a string":
            return f'Write "{text}", in quotes.'
        case _:
            return ""


def _place(problem: Problem, arguments: Arguments) -> Position | None:
    """Find the place of the value that a problem is about."""
    name, *steps = problem.path or ("",)
    node = arguments[str(name)][1].value if name in arguments else None
    for step in steps:
        node = _enter(node, step) or node
    return node.at if node else None


def _enter(node: Node | None, step: int | str) -> Node | None:
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    if isinstance(node, Mapping):
        return node.get(str(step))
    return None
