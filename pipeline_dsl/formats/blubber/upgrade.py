"""Upgrading older versions of Blubber's configuration to v4, with the meaning they had: §1.7 of the spec."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.diagnosis import Diagnosis

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


@dataclasses.dataclass(frozen=True)
class _Wishes:
    """What a variant itself says, before v4, of the files that it gets.

    Arguments:
        origin: the variant that all its files come from.
        artifacts: further files.
        comes_with_volume: whether its files come with a volume.
    """

    origin: Node | None
    artifacts: tuple[Node, ...]
    comes_with_volume: bool

    @classmethod
    def read(cls, variant: Mapping) -> _Wishes:
        """Read them from the variant's own keys."""
        copies, volume = variant.get("copies"), variant.get("sharedvolume")
        return cls(
            origin=copies if isinstance(copies, Scalar) else None,
            artifacts=_items(variant.get("artifacts")),
            comes_with_volume=isinstance(volume, Scalar) and volume.value is True,
        )


class _Files:
    """Says for every variant what it copies; before v4 that was the whole context unless it said otherwise.

    In v4 the lists of included variants add up. Where a variant would so get what it did not get before,
    the settings of all included variants move into variants of their own, which copy nothing.
    """

    def __init__(self, variants: Mapping) -> None:
        self._variants = variants
        self._by_name = {entry.key: entry.value for entry in variants if isinstance(entry.value, Mapping)}
        self._wishes = {name: _Wishes.read(node) for name, node in self._by_name.items()}
        self._includes = {name: self._includes_of(node) for name, node in self._by_name.items()}
        self._included = {name: self._included_by(name) for name in self._by_name}
        self._wanted = {name: self._wanted_by(name) for name in self._by_name}
        self._inherited = {name: self._inherited_by(name) for name in self._by_name}
        self._split: frozenset[str] = frozenset()

    def upgraded(self) -> Mapping:
        if any(isinstance(node.get("copies"), Sequence) for node in self._by_name.values()):
            return self._variants  # the last files of v3 were written like this already
        if any(set(self._inherited[name]) - set(self._wanted[name]) for name in self._by_name):
            self._split = frozenset(one for name in self._by_name for one in self._included[name])
        entries = (one for entry in self._variants for one in self._upgraded(entry))
        return dataclasses.replace(self._variants, entries=tuple(entries))

    def _upgraded(self, entry: Entry) -> Iterator[Entry]:
        node = entry.value
        if not isinstance(node, Mapping):
            yield entry
            return
        kept = tuple(self._without_files(one) for one in node if one.key not in _FILE_KEYS)
        if entry.key in self._split:
            settings = _text(self._settings_name(entry.key), entry.at)
            yield Entry(settings.text, entry.at, dataclasses.replace(node, entries=kept))
            kept = (Entry("includes", entry.at, Sequence((settings,), entry.at)),)
        wanted = self._wanted[entry.key]
        if wanted and (self._split or wanted != self._inherited[entry.key]):
            at = next((one.at for one in node if one.key in _FILE_KEYS), _end(node))
            kept += (Entry("copies", at, Sequence(wanted, at)),)
        yield dataclasses.replace(entry, value=dataclasses.replace(node, entries=kept))

    def _without_files(self, entry: Entry) -> Entry:
        """Have a list of includes name the settings of the variants that were split."""
        if entry.key != "includes" or not isinstance(entry.value, Sequence):
            return entry
        items = tuple(
            _text(self._settings_name(item.text), item.at)
            if isinstance(item, Scalar) and item.text in self._split
            else item
            for item in entry.value.items
        )
        return dataclasses.replace(entry, value=Sequence(items, entry.value.at))

    def _settings_name(self, name: str) -> str:
        candidate = f"{name}-settings"
        while candidate in self._by_name:
            candidate += "-only"
        return candidate

    def _inherited_by(self, name: str) -> tuple[Node, ...]:
        """Give what the lists of the included variants would add up to."""
        copies: list[Node] = []
        for included in self._included[name]:
            wanted = self._wanted[included]
            copies = [one for one in copies if one not in wanted] + list(wanted)
        return tuple(copies)

    def _wanted_by(self, name: str) -> tuple[Node, ...]:
        """Give what a variant copied before v4, as a list of v4."""
        wishes = [self._wishes[one] for one in (*self._included[name], name)]
        origin = next((one.origin for one in reversed(wishes) if one.origin), None)
        artifacts = [item for one in wishes for item in one.artifacts]
        if origin is None and any(one.comes_with_volume for one in wishes):
            return tuple(artifacts)
        origin = origin or _text("local", self._variants.at)
        if not artifacts:
            return (origin,)
        return (Mapping((Entry("from", origin.at, origin),), origin.at), *artifacts)

    def _included_by(self, name: str) -> tuple[str, ...]:
        """Name all variants that one includes, directly or not, in the order in which they are merged."""
        order: dict[str, None] = {}
        entered = {name}
        ahead = [(name, iter(self._includes[name]))]
        while ahead:
            variant, includes = ahead[-1]
            following = next((one for one in includes if one not in entered), None)
            if following is None:
                order[variant] = None
                ahead.pop()
            else:
                entered.add(following)
                ahead.append((following, iter(self._includes[following])))
        del order[name]
        return tuple(order)

    def _includes_of(self, variant: Mapping) -> list[str]:
        names = [item.text for item in _items(variant.get("includes")) if isinstance(item, Scalar)]
        return [one for one in names if one in self._by_name]


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _end(node: Mapping) -> Position:
    """Give the place of the last entry, for one that is added behind it."""
    return max((entry.at for entry in node), default=node.at)


def _text(value: str, at: Position) -> Scalar:
    return Scalar(value, value, at)


def _replaced(mapping: Mapping, key: str, value: Node) -> Mapping:
    entries = tuple(dataclasses.replace(one, value=value) if one.key == key else one for one in mapping)
    return dataclasses.replace(mapping, entries=entries)
