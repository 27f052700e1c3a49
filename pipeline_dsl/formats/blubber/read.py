"""Reading Blubber files: from YAML to a project."""

from __future__ import annotations

import dataclasses
import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.formats import yaml
from pipeline_dsl.formats.blubber import doubts
from pipeline_dsl.formats.blubber.bases import Bases
from pipeline_dsl.formats.blubber.header import remarks
from pipeline_dsl.formats.blubber.mentions import mentioned
from pipeline_dsl.formats.blubber.placement import Placement
from pipeline_dsl.formats.blubber.shapes import SETTINGS, VARIANT, Form
from pipeline_dsl.formats.blubber.upgrade import VERSIONS, upgraded
from pipeline_dsl.formats.blubber.values import Values
from pipeline_dsl.formats.diagnosis import Diagnosis, check_keys, in_order
from pipeline_dsl.formats.reading import Reading
from pipeline_dsl.formats.yaml import Entry, Mapping, Scalar, describe, is_null
from pipeline_dsl.model import Project, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.formats.blubber.shapes import Keys
    from pipeline_dsl.formats.complaint import Arguments
    from pipeline_dsl.model.definition import Definition

_CURRENT = "v4"
_NAMED_VARIANT = {**VARIANT, "variants": ("name", Form.STRING)}
"""What a variant is made of; its name is a key of ``variants``."""

_UNREADABLE = "unreadable"
"""Name of what stands for a variant that something is wrong with, for those which refer to it."""


def read(text: str, file: str, name: str) -> Reading:
    """Read a Blubber file of any version.

    Arguments:
        text: what it holds.
        file: its name, for positions.
        name: name of the project.

    Raises:
        DefinitionError: Blubber rejects the file, too; all that is wrong is named.
    """
    reading = read_document(parse(text, file), name)
    return dataclasses.replace(reading, comments={file: remarks(text)})


def parse(text: str, file: str) -> Mapping:
    """Parse a Blubber file as far as to its being a mapping.

    Arguments:
        text: what it holds.
        file: its name, for positions.

    Raises:
        DefinitionError: it is not YAML, or no mapping.
    """
    document = yaml.parse(text, file)
    if isinstance(document, Mapping):
        return document
    found = describe(document) if document else "nothing"
    at = document.at if document else Position(file, 1, 1)
    raise DefinitionError([Problem("wrong-type", f"a Blubber file is a mapping, not {found}.", at)])


def read_document(document: Mapping, name: str, placement: Placement | None = None) -> Reading:
    """Read what a Blubber file holds; of comments nothing is known.

    Arguments:
        document: what it holds.
        name: name of the project.
        placement: what becomes of what it defines, where it is one of several files.

    Raises:
        DefinitionError: Blubber rejects the file, too; all that is wrong is named.
    """
    diagnosis = Diagnosis()
    _check_version(document, diagnosis)
    diagnosis.check_size(document)
    check_keys(document, diagnosis)
    doubts.check_merges(document, diagnosis)
    reader = _Reader(upgraded(document, diagnosis), name, diagnosis, placement or Placement())
    project = reader.read()
    if project is None or diagnosis.errors:
        raise diagnosis.failure()
    return Reading(project, in_order(diagnosis.warnings), reader.entries, {})


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
    def __init__(self, document: Mapping, name: str, diagnosis: Diagnosis, placement: Placement) -> None:
        self._document = document
        self._name = name
        self._diagnosis = diagnosis
        self._placement = placement
        self._variants: dict[str, Variant] = {}
        self._entries = {entry.key: entry for entry in self._variant_entries()}
        self._common: Variant | None = None
        self.entries: dict[int, dict[str, Entry]] = {}

    def read(self) -> Project | None:
        order = self._order()
        nodes = {name: entry.value for name, entry in self._entries.items()}
        bases = Bases(self._document.get("base"), nodes, order)
        if self._placement.common:
            self._read_common()
        for name in order:
            if name in self._placement.shared:
                self._variants[name] = self._placement.shared[name]
            else:
                self._read_variant(self._entries[name], bases)
        return self._read_project()

    def _read_project(self) -> Project | None:
        arguments = {} if self._placement.common else self._settings(self._variants)
        whole = Entry("", self._document.at, self._document)
        arguments["name"] = (self._name, whole)
        variants = [
            self._variants[name]
            for name in self._entries
            if name in self._variants and name not in self._placement.shared
        ]
        variants = [self._common, *variants] if self._common else variants
        arguments["variants"] = (variants, self._document.entry("variants") or whole)
        project = self._make(Project, arguments, self._document.at, SETTINGS)
        return project if isinstance(project, Project) else None

    def _read_common(self) -> None:
        """Read the settings of the top level as those of a variant, which nothing can be copied into yet."""
        arguments = self._settings({})
        settings = [entry.value for entry in self._document if entry.key not in ("version", "variants")]
        mentions = {name for node in settings for name in mentioned(node, self._diagnosis)}
        for name in sorted(mentions & self._entries.keys()):
            message = f'the top level takes files from variant "{name}", which its settings belong to.'
            hint = "Of several Blubber files none can do that. Say it in the variants."
            self._diagnosis.error("not-importable", message, self._document.at, hint)
        whole = Entry("", self._document.at, self._document)
        arguments["name"] = (self._placement.common, whole)
        made = self._make(Variant, arguments, self._document.at, _NAMED_VARIANT)
        self._common = made if isinstance(made, Variant) else Variant(_UNREADABLE)

    def _settings(self, variants: AbstractMapping[str, Variant]) -> Arguments:
        values = Values(self._diagnosis, variants, self._entries, is_top=True)
        settings = tuple(one for one in self._document if one.key not in ("version", "variants"))
        arguments = values.arguments(dataclasses.replace(self._document, entries=settings), SETTINGS)
        base = self._document.entry("base")
        if base is not None and is_null(base.value):
            arguments["base"] = ("scratch", base)
        self.entries |= values.entries
        return arguments

    def _make(self, kind: type[Definition], arguments: Arguments, at: Position, keys: Keys) -> object:
        values = Values(self._diagnosis, self._variants, self._entries, is_top=True)
        made = values.make(kind, arguments, at, keys)
        self.entries |= values.entries
        return made

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
        self._reset_base(entry.key, node, arguments, bases)
        arguments["name"] = (self._placement.names.get(entry.key, entry.key), named)
        if self._common and not (arguments.get("includes") or ((),))[0]:
            includes = ([self._common], arguments.get("includes", (None, named))[1])
            arguments.pop("includes", None)
            arguments = {"includes": includes, **arguments}
        made = values.make(Variant, arguments, entry.at, _NAMED_VARIANT)
        self._variants[entry.key] = made if isinstance(made, Variant) else Variant(_UNREADABLE)
        self.entries |= values.entries

    def _reset_base(self, name: str, node: Mapping, arguments: Arguments, bases: Bases) -> None:
        """Deal with a base that is explicitly none: it counts only where no other is inherited."""
        base = node.entry("base")
        if base is None or not is_null(base.value):
            return
        if bases.inherits(name):
            message = "Blubber does not let a variant cancel the base that it inherits."
            hint = "So does this: the inherited base holds."
            self._diagnosis.warn("inherited-base", message, base.at, hint)
        elif bases.can_cancel(name):
            arguments["base"] = ("scratch", base)
