"""Gathering the variants of several Blubber files in one project."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import blubber
from pipeline_dsl.formats.proof import account, prove_variants
from pipeline_dsl.model import Project, Variant
from pipeline_dsl.model.definition import fields
from pipeline_dsl.model.variant import Settings
from pipeline_dsl.resolve import resolve
from pipeline_dsl.resolve.variants import sources as origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.errors import Problem
    from pipeline_dsl.formats.blubber import Reading
    from pipeline_dsl.formats.config.sources import Key, Source
    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.formats.yaml import Entry

Found: TypeAlias = "Mapping[Key, Mapping[str, Variant]]"
"""For each file its variants, by the names that they have there."""


@dataclasses.dataclass(frozen=True)
class Gathered:
    """Several Blubber files as one.

    Arguments:
        project: the project with all their variants.
        variants: where each file's variants have gone.
        entries: where the arguments of definitions come from.
    """

    project: Project
    variants: Found
    entries: Mapping[int, Mapping[str, Entry]]


def gathered(sources: Mapping[Key, Source], name: str, diagnosis: Diagnosis) -> Gathered:
    """Gather the variants of several files.

    Where all files say the same at their top level, that belongs to the project. Else each has a variant of
    its own with these settings, which its others include. Variants of one name that are the same are one.

    Arguments:
        sources: the files.
        name: name of the project.
        diagnosis: takes warnings.

    Raises:
        DefinitionError: something is wrong with them.
    """
    readings: dict[Key, Reading] = {}
    faults: list[Problem] = []
    for key, source in sources.items():
        try:
            readings[key] = blubber.read_document(source.document, name)
            diagnosis.warnings += readings[key].warnings
        except DefinitionError as error:
            faults += error.problems
    if faults:
        raise DefinitionError(faults)
    if len(readings) == 1:
        return _alone(*readings.items())
    return _Gathering(sources, readings, name).gathered()


def _alone(only: tuple[Key, Reading]) -> Gathered:
    key, reading = only
    variants = {variant.name: variant for variant in reading.project.variants}
    return Gathered(reading.project, {key: variants}, reading.entries)


class _Gathering:
    def __init__(self, sources: Mapping[Key, Source], readings: Mapping[Key, Reading], name: str) -> None:
        self._sources = sources
        self._name = name
        self._projects = {key: reading.project for key, reading in readings.items()}
        self._settings = {key: _settings(project) for key, project in self._projects.items()}
        self._resolved = {key: resolve(project) for key, project in self._projects.items()}
        self._has_one_setting = len({repr(one) for one in self._settings.values()}) <= 1
        self._owners = self._find_owners()
        self._names = self._choose_names()
        self._commons = self._choose_commons()

    def gathered(self) -> Gathered:
        found: dict[Key, dict[str, Variant]] = {}
        entries: dict[int, Mapping[str, Entry]] = {}
        variants: list[Variant] = []
        settings: dict[str, object] = {}
        for key, source in self._sources.items():
            shared = {name: found[owner][name] for name, owner in self._owners[key].items()}
            placement = blubber.Placement(self._names[key], shared, self._commons[key])
            reading = blubber.read_document(source.document, self._name, placement)
            own = {variant.name: variant for variant in reading.project.variants}
            found[key] = shared | {
                name: own[new] for name, new in self._names[key].items() if name not in shared
            }
            variants += reading.project.variants
            entries |= reading.entries
            if self._has_one_setting and not settings:
                settings = _settings(reading.project)
                first = reading
        project = Project(self._name, variants=variants, **settings)  # type: ignore[arg-type]  # a Project's own
        if settings:
            object.__setattr__(project, "at", first.project.at)
            entries[id(project)] = first.entries[id(first.project)]
        self._prove(project, found)
        return Gathered(project, found, entries)

    def _prove(self, project: Project, found: Found) -> None:
        """Make sure that each variant is what it is in its own file."""
        whole = resolve(project)
        for key, source in self._sources.items():
            names = {name: variant.name for name, variant in found[key].items()}
            alone = blubber.read_document(source.document, self._name, blubber.Placement(names))
            prove_variants(resolve(alone.project), whole, names=names.values())

    def _choose_commons(self) -> dict[Key, str]:
        """Give the variants names that the settings of the files' top levels become."""
        taken = {name for names in self._names.values() for name in names.values()}
        chosen = dict.fromkeys(self._sources, "")
        for key, source in self._sources.items():
            if self._settings[key] and not self._has_one_setting:
                chosen[key] = _free(f"{source.prefix}-common".lstrip("-"), taken)
                taken.add(chosen[key])
        return chosen

    def _find_owners(self) -> dict[Key, dict[str, Key]]:
        """Find for each file the variants that an earlier one has in the same way, and which one that is."""
        owners: dict[Key, dict[str, Key]] = {}
        for key in self._sources:
            owners[key] = {}
            for earlier in owners:
                if earlier is not key and repr(self._settings[key]) == repr(self._settings[earlier]):
                    for name in self._same(earlier, key):
                        owners[key].setdefault(name, earlier)
        return owners

    def _same(self, one: Key, other: Key) -> set[str]:
        """Name the variants that are the same in two files, with all that they refer to."""
        first, second = self._resolved[one], self._resolved[other]
        same = {
            name
            for name in first.variants.keys() & second.variants.keys()
            if account(name, first) == account(name, second)
        }
        needs = {variant.name: _referred(variant) for variant in self._projects[other].variants}
        while strangers := {name for name in same if needs[name] - same}:
            same -= strangers
        return same

    def _choose_names(self) -> dict[Key, dict[str, str]]:
        """Give variants that have the name of others a name with their file's prefix."""
        own = {
            key: [name for name in resolved.variants if name not in self._owners[key]]
            for key, resolved in self._resolved.items()
        }
        count: dict[str, int] = {}
        for names in own.values():
            for name in names:
                count[name] = count.get(name, 0) + 1
        taken = {name for name, number in count.items() if number == 1}
        chosen: dict[Key, dict[str, str]] = {}
        for key, names in own.items():
            chosen[key] = {}
            for name in names:
                prefix = self._sources[key].prefix
                new = name
                if count[name] > 1:
                    new = _free(f"{prefix}-{name}" if prefix else name, taken)
                taken.add(new)
                chosen[key][name] = new
        return chosen


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _settings(project: Project) -> dict[str, object]:
    """Give what the top level says, without what it leaves out."""
    names = (field.name for field in fields(Settings) if field.name != "name")
    return {name: getattr(project, name) for name in names if getattr(project, name) is not None}


def _referred(variant: Variant) -> set[str]:
    return {one.name for one in (*variant.includes, *origins(variant))}
