"""Reading one source of settings: a TOML file, the environment, or flags."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pipeline_dsl.errors import Position, Problem, did_you_mean
from pipeline_dsl.settings.names import NAMES, PREFIX, Name, Path
from pipeline_dsl.settings.places import USER_FILE

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterable, Iterator

_TESTS = f"{PREFIX}TEST_"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A setting, or an entry of a table of settings, as a source gives it.

    Arguments:
        path: which one.
        value: its value, unchecked.
        origin: where it is said, in words.
    """

    path: Path
    value: object
    origin: str


@dataclasses.dataclass(frozen=True)
class Source:
    """What one source says.

    Arguments:
        entries: the settings, and what may be none.
        problems: what cannot be read.
        may_lock: whether stronger sources have to leave alone what this one locks.
    """

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    may_lock: bool = False


def from_file(file: pathlib.Path, *, may_lock: bool = False, must_exist: bool = False) -> Source:
    """Read a TOML file.

    Arguments:
        file: its path.
        may_lock: whether it is the system's.
        must_exist: whether it is an error that it is not there.
    """
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        is_absent = isinstance(error, FileNotFoundError) and not must_exist
        return Source() if is_absent else Source(problems=(_unreadable(file, f"{error.strerror}"),))
    except UnicodeDecodeError:
        return Source(problems=(_unreadable(file, "it is not UTF-8"),))
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Source(problems=(_malformed(file, text, str(error)),))
    return Source(tuple(_flattened(tree, str(file))), may_lock=may_lock)


def from_environment(environ: Mapping[str, str]) -> Source:
    """Read the variables whose names begin with PIPELINE_DSL_, those of our own tests excepted."""
    given = {name: environ[name] for name in environ if name.startswith(PREFIX)}
    named = {name: text for name, text in given.items() if name != USER_FILE and not name.startswith(_TESTS)}
    known = {name.variable: name for name in NAMES.values()}
    return _collected(
        _from_variable(variable, text, known[variable])
        if variable in known
        else _unknown(f"the environment variable {variable}", variable, [*known, USER_FILE])
        for variable, text in named.items()
    )


def from_flags(overrides: Mapping[str, object]) -> Source:
    """Read flags.

    Arguments:
        overrides: values by dotted name, such as ``registry.push`` or ``triggers.NAME``; a string is read
            like that of an environment variable, anything else is taken as it is.
    """
    return _collected(_from_flag(dotted, value) for dotted, value in overrides.items())


def _from_variable(variable: str, text: str, name: Name) -> Iterable[Entry] | Problem:
    origin = f"the environment variable {variable}"
    return _entries(name, name.path, text, origin)


def _from_flag(dotted: str, value: object) -> Iterable[Entry] | Problem:
    origin = f"the flag {dotted}"
    for name in NAMES.values():
        bare = ".".join(name.path)
        if dotted == bare:
            return _entries(name, name.path, value, origin)
        if name.is_table and dotted.startswith(f"{bare}."):
            return _entries(name, (*name.path, dotted.removeprefix(f"{bare}.")), value, origin)
    return _unknown(origin, dotted, [".".join(path) for path in NAMES])


def _entries(name: Name, path: Path, value: object, origin: str) -> Iterable[Entry] | Problem:
    if isinstance(value, str) and not name.is_text:
        try:
            value = _parsed(value)
        except ValueError:
            hint = 'Such as 3, true, ["a", "b"] or {a = {b = "c"}}.'
            return Problem("invalid-setting", f"{origin} is neither JSON nor a TOML value.", hint=hint)
    if name.is_table and path == name.path and isinstance(value, Mapping):
        return [Entry((*path, str(key)), entry, origin) for key, entry in value.items()]
    return [Entry(path, value, origin)]


def _parsed(text: str) -> object:
    try:
        return cast("object", json.loads(text))
    except ValueError:
        (value,) = tomllib.loads(f"value = {text}").values()  # and not what several lines say
        return cast("object", value)


def _flattened(tree: Mapping[str, object], origin: str, above: Path = ()) -> Iterator[Entry]:
    """Give the settings of a file, and whatever else it holds."""
    for key, value in tree.items():
        path = (*above, key)
        name = NAMES.get(path)
        is_section = name.is_table if name else any(known[: len(path)] == path for known in NAMES)
        if not is_section or not isinstance(value, Mapping):
            yield Entry(path, value, origin)
        elif name:
            yield from (Entry((*path, entry), settings, origin) for entry, settings in value.items())
        else:
            yield from _flattened(value, origin, path)


def _collected(read: Iterable[Iterable[Entry] | Problem]) -> Source:
    results = list(read)
    problems = tuple(result for result in results if isinstance(result, Problem))
    entries = (result for result in results if not isinstance(result, Problem))
    return Source(tuple(entry for several in entries for entry in several), problems)


def _unknown(origin: str, name: str, known: Iterable[str]) -> Problem:
    hint = did_you_mean(name, known) or "The command settings lists all that there are."
    return Problem("unknown-setting", f"{origin} is no setting.", hint=hint)


def _unreadable(file: pathlib.Path, reason: str) -> Problem:
    return Problem("settings-unreadable", f"The settings in {file} cannot be read: {reason}.")


def _malformed(file: pathlib.Path, text: str, message: str) -> Problem:
    """Tell where a file is no TOML; its text may hold a secret, so it is not shown."""
    reason, _, place = message.removesuffix(")").rpartition(" (at ")
    numbers = [int(number) for number in re.findall(r"\d+", place)] or [len(text.splitlines())]
    return Problem("malformed-settings", f"this is not TOML: {reason}.", Position(str(file), *numbers))
