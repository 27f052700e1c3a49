"""Reading Blubber files: from YAML to a project."""

from __future__ import annotations

import dataclasses
import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.formats import yaml
from pipeline_dsl.formats.blubber.bases import Bases
from pipeline_dsl.formats.blubber.diagnosis import Diagnosis, check_keys, in_order
from pipeline_dsl.formats.blubber.mentions import mentioned
from pipeline_dsl.formats.blubber.shapes import SETTINGS, VARIANT, Form
from pipeline_dsl.formats.blubber.upgrade import VERSIONS, upgraded
from pipeline_dsl.formats.blubber.values import Values
from pipeline_dsl.formats.yaml import Entry, Mapping, Scalar, describe, is_null
from pipeline_dsl.model import Project, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.formats.blubber.complaint import Arguments

_CURRENT = "v4"
_NAMED_VARIANT = {**VARIANT, "variants": ("name", Form.STRING)}
"""What a variant is made of; its name is a key of ``variants``."""

_UNREADABLE = "unreadable"
"""Name of what stands for a variant that something is wrong with, for those which refer to it."""


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
    document = yaml.parse(text, file)
    if not isinstance(document, Mapping):
        found = describe(document) if document else "nothing"
        at = document.at if document else Position(file, 1, 1)
        raise DefinitionError([Problem("wrong-type", f"a Blubber file is a mapping, not {found}.", at)])
    diagnosis = Diagnosis()
    _check_version(document, diagnosis)
    diagnosis.check_size(document)
    check_keys(document, diagnosis)
    reader = _Reader(upgraded(document, diagnosis), name, diagnosis)
    project = reader.read()
    if project is None or diagnosis.errors:
        raise diagnosis.failure()
    return Reading(project, in_order(diagnosis.warnings), reader.entries)


def _check_version(document: Mapping, diagnosis: Diagnosis) -> None:
    version = document.get("version")
    if isinstance(version, Scalar) and version.value in (_CURRENT, *VERSIONS):
        return
    if version is None:
        hint = f'Add "version: {_CURRENT}".'
        diagnosis.error("unsupported-version", "version: is required.", document.at, hint)
    else:
        message = f"version: {describe(version)} is unsupported."
        hint = f"It is one of {', '.join((*VERSIONS, _CURRENT))}."
        diagnosis.error("unsupported-version", message, version.at, hint)
    raise diagnosis.failure()


class _Reader:
    def __init__(self, document: Mapping, name: str, diagnosis: Diagnosis) -> None:
        self._document = document
        self._name = name
        self._diagnosis = diagnosis
        self._variants: dict[str, Variant] = {}
        self._entries = {entry.key: entry for entry in self._variant_entries()}
        self.entries: dict[int, dict[str, Entry]] = {}

    def read(self) -> Project | None:
        order = self._order()
        nodes = {name: entry.value for name, entry in self._entries.items()}
        bases = Bases(self._document.get("base"), nodes, order)
        for name in order:
            self._read_variant(self._entries[name], bases)
        values = Values(self._diagnosis, self._variants, self._entries, is_top=True)
        settings = tuple(one for one in self._document if one.key not in ("version", "variants"))
        arguments = values.arguments(dataclasses.replace(self._document, entries=settings), SETTINGS)
        base = self._document.entry("base")
        if base is not None and is_null(base.value):
            arguments["base"] = ("scratch", base)
        whole = Entry("", self._document.at, self._document)
        arguments["name"] = (self._name, whole)
        variants = [self._variants[name] for name in self._entries if name in self._variants]
        arguments["variants"] = (variants, self._document.entry("variants") or whole)
        project = values.make(Project, arguments, self._document.at, SETTINGS)
        self.entries |= values.entries
        return project if isinstance(project, Project) else None

    def _variant_entries(self) -> tuple[Entry, ...]:
        node = self._document.get("variants")
        if node is None or isinstance(node, Mapping):
            return node.entries if node else ()
        self._diagnosis.error("wrong-type", f"variants: must be a mapping, not {describe(node)}.", node.at)
        return ()

    def _order(self) -> list[str]:
        """Order the variants so that each comes after those that it refers to."""
        needs = {
            name: [other for other in mentioned(entry.value, self._diagnosis) if other in self._entries]
            for name, entry in self._entries.items()
        }
        try:
            return list(graphlib.TopologicalSorter(needs).static_order())
        except graphlib.CycleError as error:
            cycle: list[str] = error.args[1]
            message = f"variants refer to one another in a circle: {' ← '.join(cycle)}."
            self._diagnosis.error("variant-cycle", message, self._entries[cycle[0]].at)
            raise self._diagnosis.failure() from None

    def _read_variant(self, entry: Entry, bases: Bases) -> None:
        node = entry.value
        if not isinstance(node, Mapping):
            message = f'variants: "{entry.key}" must be a mapping, not {describe(node)}.'
            hint = "Write {} for a variant without settings of its own."
            self._diagnosis.error("wrong-type", message, node.at, hint)
            self._variants[entry.key] = Variant(_UNREADABLE)
            return
        values = Values(self._diagnosis, self._variants, self._entries, is_top=False)
        arguments = values.arguments(node, VARIANT)
        named = dataclasses.replace(entry, value=Scalar(entry.key, entry.key, entry.at))
        arguments["name"] = (entry.key, named)
        self._reset_base(node, arguments, bases)
        made = values.make(Variant, arguments, entry.at, _NAMED_VARIANT)
        self._variants[entry.key] = made if isinstance(made, Variant) else Variant(_UNREADABLE)
        self.entries |= values.entries

    def _reset_base(self, node: Mapping, arguments: Arguments, bases: Bases) -> None:
        """Deal with a base that is explicitly none: it counts only where no other is inherited."""
        base = node.entry("base")
        if base is None or not is_null(base.value):
            return
        name = str(arguments["name"][0])
        if bases.inherits(name):
            message = "Blubber does not let a variant cancel the base that it inherits."
            hint = "So does this: the inherited base holds."
            self._diagnosis.warn("inherited-base", message, base.at, hint)
        elif bases.can_cancel(name):
            arguments["base"] = ("scratch", base)
