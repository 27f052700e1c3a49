"""Changes of a project at random."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from tests.caching.project import File, State

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    Change: TypeAlias = Callable[[State, random.Random], State]

T = TypeVar("T")

_MODES = (0o644, 0o600, 0o755, 0o444, 0o664)
_NAMES = ("a", "b", "c d", "é", "x.txt", "-dash", "*", "#")


def content(state: State, chance: random.Random) -> State:
    """Change the content of a file; half of the time, not its size."""
    path, file = _one(state, chance, "f")
    new = file.content.swapcase() if chance.random() < 1 / 2 else f"{file.content}{chance.random()}\n"
    return _with(state, {path: dataclasses.replace(file, content=new)})


def swapped(state: State, chance: random.Random) -> State:
    """Exchange the contents of two files."""
    (path, file), (other, second) = _one(state, chance, "f"), _one(state, chance, "f")
    contents = {
        path: dataclasses.replace(file, content=second.content),
        other: dataclasses.replace(second, content=file.content),
    }
    return _with(state, contents)


def mode(state: State, chance: random.Random) -> State:
    path, file = _one(state, chance, "f")
    return _with(state, {path: dataclasses.replace(file, mode=_another(chance, _MODES, file.mode))})


def mode_of_directory(state: State, chance: random.Random) -> State:
    path, file = _one(state, chance, "d")
    return _with(
        state, {path: dataclasses.replace(file, mode=_another(chance, (0o755, 0o775, 0o777), file.mode))}
    )


def link(state: State, chance: random.Random) -> State:
    """Let a link lead elsewhere, perhaps to where there is nothing, or have a new one."""
    target = chance.choice(("main", "tool", "deep", "deep/file", "nowhere", "../library/one", "/etc/passwd"))
    return _with(state, {chance.choice(("app/link", "app/deep/other")): File(target, "l")})


def renamed(state: State, chance: random.Random) -> State:
    path, file = _one(state, chance, "f")
    moved = f"{path.rpartition('/')[0]}/{chance.choice(_NAMES)}"
    return _with(_without(state, path), {moved: file})


def new(state: State, chance: random.Random) -> State:
    directory, _ = _one(state, chance, "d")
    path = f"{directory}/{chance.choice(_NAMES)}"
    file = chance.choice(
        (File(f"{chance.random()}\n"), File(), File("main", "l"), File(kind="d", mode=0o755))
    )
    return _with(_without(state, path), {path: file})


def deleted(state: State, chance: random.Random) -> State:
    return _without(state, _one(state, chance, "f")[0])


def another_kind(state: State, chance: random.Random) -> State:
    """Put a link or a directory into the place of a file."""
    path, _ = _one(state, chance, "f")
    return _with(state, {path: chance.choice((File("main", "l"), File(kind="d", mode=0o755)))})


def ignore_file(state: State, chance: random.Random) -> State:
    lines = (
        "app/deep",
        "**/file",
        "library/two",
        "!app/trace.log",
        "app/*\n!app/main",
        "",
        "# nothing",
        "nothing",
    )
    line = chance.choice(lines)
    kept = tuple(one for one in state.ignored if one != line)
    return dataclasses.replace(state, ignored=kept if kept != state.ignored else (*kept, line))


def excludes(state: State, chance: random.Random) -> State:
    patterns = ((), ("deep",), ("**/file",), ("tool", "main"))
    return dataclasses.replace(state, excluded=_another(chance, patterns, state.excluded))


def excludes_of_variant(state: State, chance: random.Random) -> State:
    excluded = _another(chance, ((), ("one",), ("two",)), state.excluded_of_library)
    return dataclasses.replace(state, excluded_of_library=excluded)


def directory(state: State, chance: random.Random) -> State:
    return dataclasses.replace(state, lives=_another(chance, ("library", "elsewhere", "third"), state.lives))


def recipe(state: State, chance: random.Random) -> State:
    lines = ("echo $LEVEL > level", "echo level $LEVEL > level", "echo fixed > level")
    line = _another(chance, lines, state.command[-1])
    return dataclasses.replace(state, command=("sh", "-c", line))


def base(state: State, _chance: random.Random) -> State:
    return dataclasses.replace(state, content=1 - state.content)


def default_of_argument(state: State, chance: random.Random) -> State:
    return dataclasses.replace(state, level=_another(chance, "123", state.level), given="")


def argument(state: State, chance: random.Random) -> State:
    return dataclasses.replace(state, given=_another(chance, ("", "1", "2", "4"), state.given))


def environment(state: State, chance: random.Random) -> State:
    greeting = _another(chance, ("hello", "good morning", "'"), state.greeting)
    return dataclasses.replace(state, greeting=greeting)


def environment_of_container(state: State, chance: random.Random) -> State:
    return dataclasses.replace(state, word=_another(chance, ("word", "words", ""), state.word))


def entrypoint(state: State, chance: random.Random) -> State:
    return dataclasses.replace(state, name=_another(chance, ("shows", "prints"), state.name))


def arguments(state: State, chance: random.Random) -> State:
    given = _another(chance, ((), ("a", "b"), ("a b",), ("", "a")), state.arguments)
    return dataclasses.replace(state, arguments=given)


def nothing(state: State, _chance: random.Random) -> State:
    return state


def unrelated(state: State, chance: random.Random) -> State:
    """Change or add a file that nobody copies."""
    return _with(state, {f"notes/{chance.choice(_NAMES)}": File(f"{chance.random()}\n")})


def ignored(state: State, chance: random.Random) -> State:
    """Change or add a file that is ignored."""
    return _with(state, {f"library/{chance.choice('abc')}.log": File(f"{chance.random()}\n")})


RELEVANT: tuple[Change, ...] = (
    *(content, content, swapped, mode, mode_of_directory, link, renamed, new, deleted, another_kind),
    *(ignore_file, excludes, excludes_of_variant, directory, recipe, base, default_of_argument, argument),
    *(environment, environment_of_container, entrypoint, arguments),
)
IRRELEVANT: tuple[Change, ...] = (nothing, unrelated, ignored)


def _another(chance: random.Random, values: Sequence[T], present: T) -> T:
    """Choose one of some values, but not the present one."""
    return chance.choice([value for value in values if value != present])


def _one(state: State, chance: random.Random, kind: str) -> tuple[str, File]:
    """Choose a file of a kind, of those that somebody may copy."""
    found = [(path, file) for path, file in sorted(state.files.items()) if _counts(path, file, kind)]
    return chance.choice(found) if found else ("app/main", File("again\n"))


def _counts(path: str, file: File, kind: str) -> bool:
    return file.kind == kind and path.startswith(("app", "library")) and not path.endswith(".log")


def _with(state: State, files: Mapping[str, File]) -> State:
    kept = {path: file for path, file in state.files.items() if not _is_below(path, files)}
    return dataclasses.replace(state, files={**kept, **files})


def _is_below(path: str, files: Mapping[str, File]) -> bool:
    """Say whether a file is in a directory that is none any more."""
    return any(path.startswith(f"{other}/") and file.kind != "d" for other, file in files.items())


def _without(state: State, path: str) -> State:
    left = {one: file for one, file in state.files.items() if one != path and not one.startswith(f"{path}/")}
    return dataclasses.replace(state, files=left)
