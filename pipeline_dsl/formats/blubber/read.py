"""Reading Blubber files: from YAML to a project."""

from __future__ import annotations

import dataclasses
import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem, did_you_mean
from pipeline_dsl.formats import yaml
from pipeline_dsl.formats.blubber.diagnosis import Diagnosis
from pipeline_dsl.formats.blubber.shapes import SETTINGS, VARIANT_ONLY
from pipeline_dsl.formats.blubber.upgrade import VERSIONS, upgraded
from pipeline_dsl.formats.blubber.values import Arguments, Values
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, describe
from pipeline_dsl.model import Project, Variant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as AbstractMapping

_CURRENT = "v4"


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a Blubber file says.

    Arguments:
        project: the project that it describes.
        warnings: what Blubber does not do as the file has it, and what is done here instead.
        entries: for each definition of the project, by its id, the entries that gave its arguments.
    """

    project: Project
    warnings: tuple[Problem, ...]
    entries: AbstractMapping[int, AbstractMapping[str, Entry]]


def read(text: str, file: str, name: str) -> Reading:
    """Read a Blubber file of any version.

    Arguments:
        text: what it holds.
        file: its name, for positions.
        name: name of the project.

    Raises:
        DefinitionError: Blubber rejects the file, too; all that is wrong is named.
    """
    diagnosis = Diagnosis()
    document = yaml.parse(text, file)
    if not isinstance(document, Mapping):
        found = describe(document) if document else "nothing"
        problem = Problem("wrong-type", f"a Blubber file is a mapping, not {found}.", Position(file, 1))
        raise DefinitionError([problem])
    _check_version(document, diagnosis)
    reader = _Reader(upgraded(document, diagnosis), name, diagnosis)
    project = reader.read()
    if project is None or diagnosis.errors:
        raise DefinitionError(sorted(diagnosis.errors, key=_place))
    return Reading(project, tuple(sorted(diagnosis.warnings, key=_place)), reader.entries)


def _place(problem: Problem) -> Position:
    return problem.at or Position("", 0)


def _check_version(document: Mapping, diagnosis: Diagnosis) -> None:
    version = document.get("version")
    if isinstance(version, Scalar) and version.value in (_CURRENT, *VERSIONS):
        return
    if version is None:
        diagnosis.error(
            "unsupported-version", '"version" is missing.', document.at, f'Add "version: {_CURRENT}".'
        )
    else:
        message = f"{describe(version)} is no version of Blubber's configuration."
        hint = f"It is one of {', '.join((*VERSIONS, _CURRENT))}."
        diagnosis.error("unsupported-version", message, version.at, hint)
    raise DefinitionError(diagnosis.errors)


class _Reader:
    def __init__(self, document: Mapping, name: str, diagnosis: Diagnosis) -> None:
        self._document = document
        self._name = name
        self._diagnosis = diagnosis
        self._variants: dict[str, Variant] = {}
        self.entries: dict[int, dict[str, Entry]] = {}

    def read(self) -> Project | None:
        entries = self._variant_entries()
        for name in self._in_order(entries):
            self._read_variant(entries[name])
        settings = [entry for entry in self._document if entry.key not in ("version", "variants")]
        values = Values(self._diagnosis, self._variants, is_top=True)
        arguments = values.arguments(
            Mapping(tuple(settings), self._document.at, self._document.repeated), SETTINGS
        )
        variants = [self._variants[name] for name in entries if name in self._variants]
        whole = Entry("", self._document.at, self._document)
        arguments |= {"name": (self._name, whole), "variants": (variants, whole)}
        project = values.make(Project, arguments, self._document.at)
        self.entries |= values.entries
        return project if isinstance(project, Project) else None

    def _variant_entries(self) -> dict[str, Entry]:
        node = self._document.get("variants")
        if node is None:
            return {}
        if isinstance(node, Mapping):
            return {entry.key: entry for entry in node}
        self._diagnosis.error("wrong-type", f"variants is a mapping, not {describe(node)}.", node.at)
        return {}

    def _in_order(self, entries: dict[str, Entry]) -> list[str]:
        """Order the variants so that each comes after those that it refers to."""
        needs = {
            name: [other for other in _mentioned(entry.value, self._diagnosis) if other in entries]
            for name, entry in entries.items()
        }
        try:
            return list(graphlib.TopologicalSorter(needs).static_order())
        except graphlib.CycleError as error:
            cycle: list[str] = error.args[1]
            message = f"variants refer to one another in a circle: {' ← '.join(cycle)}."
            self._diagnosis.error("variant-cycle", message, entries[cycle[0]].at)
            raise DefinitionError(self._diagnosis.errors) from None

    def _read_variant(self, entry: Entry) -> None:
        node = entry.value
        if not isinstance(node, Mapping):
            message = f'variant "{entry.key}" is a mapping, not {describe(node)}.'
            hint = "Write {} for a variant without settings of its own."
            self._diagnosis.error("wrong-type", message, node.at, hint)
            return
        values = Values(self._diagnosis, self._variants, is_top=False)
        own = tuple(one for one in node if one.key != "includes")
        keys = {**SETTINGS, **VARIANT_ONLY}
        arguments = values.arguments(Mapping(own, node.at, node.repeated), keys)
        includes = next((one for one in node if one.key == "includes"), None)
        if includes is not None:
            arguments["includes"] = (self._includes(includes.value), includes)
        arguments["name"] = (
            entry.key,
            dataclasses.replace(entry, value=Scalar(entry.key, entry.key, entry.at)),
        )
        self._reset_base(node, arguments)
        made = values.make(Variant, arguments, entry.at)
        self._variants[entry.key] = made if isinstance(made, Variant) else Variant("unreadable")
        self.entries |= values.entries

    def _includes(self, node: Node) -> list[Variant]:
        if not isinstance(node, Sequence):
            self._diagnosis.error("wrong-type", f"includes is a list, not {describe(node)}.", node.at)
            return []
        included = []
        for item in node.items:
            name = item.value if isinstance(item, Scalar) else None
            if isinstance(name, str) and name in self._variants:
                included.append(self._variants[name])
            elif name != "local":  # which Blubber lets pass, and merges nothing
                message = f"{describe(item)} is no variant of this file."
                hint = did_you_mean(str(name), self._variants)
                self._diagnosis.error("unknown-variant", message, item.at, hint)
        return included

    def _reset_base(self, node: Mapping, arguments: Arguments) -> None:
        """Deal with a base that is explicitly none: it counts only where no other is inherited."""
        base = next((one for one in node if one.key == "base"), None)
        if base is None or "base" in arguments:
            return
        inherited = [self._document.get("base"), *self._bases(node.get("includes"), set())]
        if any(isinstance(one, Scalar) and one.value for one in inherited):
            message = "Blubber does not let a variant cancel the base that it inherits."
            self._diagnosis.warn(
                "inherited-base", message, base.at, "So does this: the inherited base holds."
            )
        else:
            arguments["base"] = ("scratch", base)

    def _bases(self, includes: Node | None, seen: set[str]) -> Iterator[Node | None]:
        entries = self._variant_entries()
        for item in includes.items if isinstance(includes, Sequence) else ():
            name = str(item.value) if isinstance(item, Scalar) else ""
            node = entries[name].value if name in entries and name not in seen else None
            if isinstance(node, Mapping):
                seen.add(name)
                yield node.get("base")
                yield from self._bases(node.get("includes"), seen)


def _mentioned(node: Node, diagnosis: Diagnosis) -> Iterator[str]:
    """Give all strings that could be names of variants, where variants can be referred to."""
    diagnosis.count(node)
    if not isinstance(node, Mapping):
        return
    for entry in node:
        match entry.key, entry.value:
            case "from", Scalar(str(name)):
                yield name
            case "includes" | "copies" | "mounts", Sequence(items):
                yield from (
                    item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str)
                )
                for item in items:
                    yield from _mentioned(item, diagnosis)
            case _, Sequence(items):
                for item in items:
                    yield from _mentioned(item, diagnosis)
            case _, value:
                yield from _mentioned(value, diagnosis)
