"""Upgrading older versions of Blubber's configuration to v4, with the meaning they had: §1.7 of the spec."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.blubber.diagnosis import Diagnosis

VERSIONS = ("v1", "v2", "v3")
"""The versions before the present one."""

_FILE_KEYS = ("copies", "artifacts", "sharedvolume")
"""The keys of a variant that said, before v4, which files it gets."""


def upgraded(document: Mapping, diagnosis: Diagnosis) -> Mapping:
    """Give a file the form of v4; one that has it stays as it is.

    Arguments:
        document: the file, of a known version.
        diagnosis: takes a warning that the file was upgraded, and what cannot be.
    """
    version = document.get("version")
    if not isinstance(version, Scalar) or version.value not in VERSIONS:
        return document
    message = f"Blubber rejects version {version.value} today."
    diagnosis.warn("upgraded", message, version.at, "It is read with the meaning that it had.")
    document = _each_scope(
        document, lambda scope: _with_requirements(_with_builder_mapping(scope, diagnosis))
    )
    variants = document.get("variants")
    if not isinstance(variants, Mapping):
        return document
    return _replaced(document, "variants", _Files(variants).upgraded())


def _each_scope(document: Mapping, change: Callable[[Mapping], Mapping]) -> Mapping:
    """Change the top level and every variant."""
    document = change(document)
    variants = document.get("variants")
    if not isinstance(variants, Mapping):
        return document
    entries = tuple(
        dataclasses.replace(entry, value=change(entry.value)) if isinstance(entry.value, Mapping) else entry
        for entry in variants
    )
    return _replaced(document, "variants", dataclasses.replace(variants, entries=entries))


def _with_requirements(scope: Mapping) -> Mapping:
    """Upgrade node's flag ``dependencies`` of v1 to the list of files that it stood for."""
    node = scope.get("node")
    flag = node.get("dependencies") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(flag, Scalar) or not isinstance(flag.value, bool):
        return scope
    files = (_text("package.json", flag.at),) if flag.value else ()
    entries = tuple(
        Entry("requirements", entry.at, Sequence(files, flag.at)) if entry.key == "dependencies" else entry
        for entry in node
    )
    return _replaced(scope, "node", dataclasses.replace(node, entries=entries))


def _with_builder_mapping(scope: Mapping, diagnosis: Diagnosis) -> Mapping:
    """Upgrade a builder that is a list: it ran when all files were there, so it requires them all."""
    builder = scope.get("builder")
    if not isinstance(builder, Sequence):
        return scope
    message = "In this version a builder ran after the files had been copied, today it runs before."
    diagnosis.warn("builder-order", message, builder.at, "So the whole build context is its requirement.")
    everything = Sequence((_text(".", builder.at),), builder.at)
    entries = (Entry("command", builder.at, builder), Entry("requirements", builder.at, everything))
    return _replaced(scope, "builder", Mapping(entries, builder.at))


class _Files:
    """Says for every variant what it copies; before v4 that was the whole context unless it said otherwise.

    In v4 the lists of included variants add up. Where a variant would so get what it did not get before,
    the settings of all included variants move into variants of their own, which copy nothing.
    """

    def __init__(self, variants: Mapping) -> None:
        self._variants = variants
        self._by_name = {entry.key: entry.value for entry in variants if isinstance(entry.value, Mapping)}
        self._split: frozenset[str] = frozenset()

    def upgraded(self) -> Mapping:
        if any(isinstance(node.get("copies"), Sequence) for node in self._by_name.values()):
            return self._variants  # the last files of v3 were written like this already
        if any(set(self._inherited(name)) - set(self._wanted(name)) for name in self._by_name):
            self._split = frozenset(one for name in self._by_name for one in self._included(name))
        entries = (one for entry in self._variants for one in self._upgraded(entry))
        return dataclasses.replace(self._variants, entries=tuple(entries))

    def _upgraded(self, entry: Entry) -> Iterator[Entry]:
        node = entry.value
        if not isinstance(node, Mapping):
            yield entry
            return
        kept = tuple(self._without_files(one) for one in node if one.key not in _FILE_KEYS)
        if entry.key in self._split:
            settings = _text(_settings_name(entry.key), entry.at)
            yield Entry(settings.text, entry.at, dataclasses.replace(node, entries=kept))
            kept = (Entry("includes", entry.at, Sequence((settings,), entry.at)),)
        wanted = self._wanted(entry.key)
        if wanted and (self._split or wanted != self._inherited(entry.key)):
            at = next((one.at for one in node if one.key in _FILE_KEYS), _end(node))
            kept += (Entry("copies", at, Sequence(wanted, at)),)
        yield dataclasses.replace(entry, value=dataclasses.replace(node, entries=kept))

    def _without_files(self, entry: Entry) -> Entry:
        """Have a list of includes name the settings of the variants that were split."""
        if entry.key != "includes" or not isinstance(entry.value, Sequence):
            return entry
        items = tuple(
            _text(_settings_name(item.text), item.at)
            if isinstance(item, Scalar) and item.text in self._split
            else item
            for item in entry.value.items
        )
        return dataclasses.replace(entry, value=Sequence(items, entry.value.at))

    def _inherited(self, name: str) -> tuple[Node, ...]:
        """Give what the lists of the included variants would add up to."""
        copies: list[Node] = []
        for included in self._included(name):
            wanted = self._wanted(included)
            copies = [one for one in copies if one not in wanted] + list(wanted)
        return tuple(copies)

    def _wanted(self, name: str) -> tuple[Node, ...]:
        """Give what a variant copied before v4, as a list of v4."""
        nodes = [self._by_name[one] for one in (*self._included(name), name)]
        origins = [node.get("copies") for node in nodes]
        origin = next((one for one in reversed(origins) if isinstance(one, Scalar)), None)
        artifacts = [item for node in nodes for item in _items(node.get("artifacts"))]
        if origin is None and any(_is_true(node.get("sharedvolume")) for node in nodes):
            return tuple(artifacts)  # the files came with a volume
        origin = origin or _text("local", self._variants.at)
        if not artifacts:
            return (origin,)
        return (Mapping((Entry("from", origin.at, origin),), origin.at), *artifacts)

    def _included(self, name: str) -> tuple[str, ...]:
        """Name all variants that one includes, directly or not, in the order in which they are merged."""
        order: dict[str, None] = {}
        visiting: set[str] = set()

        def visit(variant: str) -> None:
            visiting.add(variant)
            for item in _items(self._by_name[variant].get("includes")):
                one = item.text if isinstance(item, Scalar) else ""
                if one in self._by_name and one not in visiting:
                    visit(one)
                    order.setdefault(one)

        visit(name)
        return tuple(order)


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _end(node: Mapping) -> Position:
    """Give the place of the last entry, for one that is added behind it."""
    return max((entry.at for entry in node), default=node.at)


def _is_true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is True


def _settings_name(name: str) -> str:
    return f"{name}-settings"


def _text(value: str, at: Position) -> Scalar:
    return Scalar(value, value, at)


def _replaced(mapping: Mapping, key: str, value: Node) -> Mapping:
    entries = tuple(dataclasses.replace(one, value=value) if one.key == key else one for one in mapping)
    return dataclasses.replace(mapping, entries=entries)
