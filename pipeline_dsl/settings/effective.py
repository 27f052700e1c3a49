"""The effective settings: those of all sources, the strongest first, and where each comes from."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pydantic

from pipeline_dsl.errors import Problem, UsageError, did_you_mean
from pipeline_dsl.settings.explanation import explain
from pipeline_dsl.settings.names import NAMES, dotted
from pipeline_dsl.settings.places import USER_FILE, system_files, user_file
from pipeline_dsl.settings.rules import broken
from pipeline_dsl.settings.schema import Settings
from pipeline_dsl.settings.source import Entry, Source, from_environment, from_file, from_flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.settings.names import Path

_SETTINGS = pydantic.TypeAdapter(Settings)
_LOCKS = ("locked",)


@dataclasses.dataclass(frozen=True)
class EffectiveValue:
    """A setting, or an entry of a table of settings.

    Arguments:
        name: its dotted name.
        value: its value; None for one that is not set.
        origin: the file, the environment variable or the flag that it comes from, or ``default``.
    """

    name: str
    value: object
    origin: str


@dataclasses.dataclass(frozen=True)
class Effective:
    """What holds.

    Arguments:
        settings: the settings.
        values: the same, each with its origin, in the order of the reference.
    """

    settings: Settings
    values: tuple[EffectiveValue, ...]


def read(
    environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> Effective:
    """Read the settings of this machine.

    Arguments:
        environ: environment variables; those of this process if left out.
        overrides: what flags say, by dotted name such as ``registry.push``; see `source.from_flags`.

    Raises:
        UsageError: some are wrong; all mistakes of all sources are named.
    """
    environ = os.environ if environ is None else environ
    sources = [
        *(from_file(file, may_lock=True) for file in system_files()),
        from_file(user_file(environ), must_exist=bool(environ.get(USER_FILE))),
        from_environment(environ),
        from_flags(overrides or {}),
    ]
    return combined(sources)


def combined(sources: Iterable[Source]) -> Effective:
    """Combine sources.

    Arguments:
        sources: what they say, the weakest first.

    Raises:
        UsageError: what they say is wrong.
    """
    effective: dict[Path, Entry] = {}
    locks: dict[str, str] = {}
    problems: list[Problem] = []
    for source in sources:
        problems += [*source.problems, *_invalid(source), *_breaches(source, locks)]
        effective |= {entry.path: entry for entry in source.entries}
        locks |= _locks(source)
    if not problems:
        if locks:
            effective[_LOCKS] = dataclasses.replace(effective[_LOCKS], value=[*locks])
        settings = _SETTINGS.validate_python(_tree(effective.values()))
        problems += _discords(settings, effective)
    if problems:
        raise UsageError(problems)
    return Effective(settings, tuple(_values(settings, effective)))


def _invalid(source: Source) -> Iterator[Problem]:
    by_origin: dict[str, list[Entry]] = {}
    for entry in source.entries:
        by_origin.setdefault(entry.origin, []).append(entry)
    for origin, entries in by_origin.items():
        try:
            settings = _SETTINGS.validate_python(_tree(entries))
        except pydantic.ValidationError as error:
            yield from explain(error, origin)
        else:
            yield from _idle_locks(settings, origin)


def _tree(entries: Iterable[Entry]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for entry in entries:
        *above, last = entry.path
        node: dict[str, object] = tree
        for key in above:
            node = node.setdefault(key, {})  # type: ignore[assignment]  # paths do not pass through values
        node[last] = entry.value
    return tree


def _idle_locks(settings: Settings, origin: str) -> Iterator[Problem]:
    for pattern in settings.locked:
        if not any(_covers(pattern, path) or pattern.startswith(f"{dotted(path)}.") for path in NAMES):
            hint = did_you_mean(pattern, {*map(dotted, NAMES), *(path[0] for path in NAMES)})
            message = f'{origin}: locked names "{pattern}", which is no setting.'
            yield Problem("unknown-setting", message, hint=hint)


def _breaches(source: Source, locks: Mapping[str, str]) -> Iterator[Problem]:
    """Find what a source sets that a weaker one has locked."""
    for entry in source.entries:
        if entry.path == _LOCKS:
            if not source.may_lock:
                message = f"{entry.origin}: only the system's file can lock settings."
                yield Problem("locked-setting", message)
            continue
        lockers = [locker for pattern, locker in locks.items() if _covers(pattern, entry.path)]
        if lockers:
            message = f"{entry.origin}: {dotted(entry.path)} cannot be set here."
            yield Problem("locked-setting", message, hint=f"It is locked by {lockers[0]}.")


def _covers(pattern: str, path: Path) -> bool:
    name = dotted(path)
    return fnmatchcase(name, pattern) or name.startswith(f"{pattern}.")


def _locks(source: Source) -> dict[str, str]:
    """Give the patterns that a source locks, each with its origin."""
    stated = {entry.origin: entry.value for entry in source.entries if entry.path == _LOCKS}
    return {
        pattern: origin
        for origin, patterns in stated.items()
        if source.may_lock and isinstance(patterns, list)
        for pattern in patterns
        if isinstance(pattern, str)
    }


def _discords(settings: Settings, effective: Mapping[Path, Entry]) -> Iterator[Problem]:
    for path, fault, hint in broken(settings):
        origins = [entry.origin for at, entry in effective.items() if at[: len(path)] == path]
        yield Problem("invalid-setting", f"{origins[0]}: {dotted(path)} {fault}.", hint=hint)


def _values(settings: Settings, effective: Mapping[Path, Entry]) -> Iterator[EffectiveValue]:
    for name in NAMES.values():
        value: object = settings
        for key in name.path:
            value = getattr(value, key)
        entries = dict(value) if name.is_table and isinstance(value, Mapping) else {}
        found = {(*name.path, key): entry for key, entry in entries.items()} or {name.path: value}
        for path, one in found.items():
            origin = effective[path].origin if path in effective else "default"
            yield EffectiveValue(dotted(path), one, origin)
