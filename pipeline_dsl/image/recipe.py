"""Recipes: from a resolved variant to the instructions that make its image, ``spec/blubber.md`` §3."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.image import apt
from pipeline_dsl.image.artifacts import LIBRARIES, copied_files
from pipeline_dsl.image.builders import build, finish
from pipeline_dsl.image.instructions import (
    Argument,
    Entrypoint,
    Environment,
    Execute,
    ExecuteScript,
    From,
    Instruction,
    User,
    WorkingDirectory,
)
from pipeline_dsl.image.shell import literal
from pipeline_dsl.image.variables import with_mounts_expanded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.errors import Position
    from pipeline_dsl.resolve import ResolvedVariant
    from pipeline_dsl.resolve.resolved import ResolvedUser

_PLATFORM_ARGUMENTS = tuple(
    side + what for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
_PLATFORM_ARGUMENT = re.compile(rf"\b(?:{'|'.join(_PLATFORM_ARGUMENTS)})\b")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How an image is made.

    Arguments:
        variant: name of the variant.
        at: the author's line.
        instructions: what happens, in order; the first one is where it starts from.
    """

    variant: str
    at: Position
    instructions: tuple[Instruction, ...]


def recipe(
    variant: ResolvedVariant,
    variants: Mapping[str, ResolvedVariant],
    base_environment: Mapping[str, str] | None = None,
    arguments: Mapping[str, str] | None = None,
) -> Recipe:
    """Work out how a variant's image is made.

    Arguments:
        variant: the variant.
        variants: all variants by name.
        base_environment: the variables that its base image sets, as far as known. They are needed only
            where the path of a mount or a cache holds one, and where a build argument has the name of one.
        arguments: values of build arguments, where they are not the defaults.
    """
    inherited, given = base_environment or {}, arguments or {}
    hidden = {name: inherited[name] for name in sorted(variant.arguments) if name in inherited}
    if variant.base is None:
        start = (From(None), WorkingDirectory("/"))
        return Recipe(variant.name, variant.at, (*start, *_copies(variant, variants), *_entrypoint(variant)))
    instructions = (
        From(variant.base),
        *_privileged(variant, {name: given.get(name, variant.arguments[name]) for name in hidden}),
        *_privileges_dropped(variant),
        *_pre_install(variant, variants),
        *_copies(variant, variants),
        *_post_install(variant, hidden),
    )
    declared = _with_platform_arguments(instructions)
    expanded = with_mounts_expanded(declared, inherited, given)
    return Recipe(variant.name, variant.at, tuple(expanded))


def _privileged(variant: ResolvedVariant, overriding: Mapping[str, str]) -> Iterator[Instruction]:
    """Do what only root can.

    An argument overrides a variable of the base image. Engines see that the other way round, so that the
    variable is set to the argument's value meanwhile.
    """
    yield User("0", "/root")
    yield from (Argument(name, variant.arguments[name]) for name in sorted(variant.arguments))
    yield from (Environment(name, value, expands=False) for name, value in overriding.items())
    yield from apt.install(variant.apt)
    yield from _user_arguments("LIVES", variant.owner)
    directories = [*_make_directory(variant.directory), *_make_directory(LIBRARIES)]
    yield Execute((*_create_user("LIVES"), *directories))
    yield from _user_arguments("RUNS", variant.runner)
    yield Execute(tuple(_create_user("RUNS")))


def _privileges_dropped(variant: ResolvedVariant) -> Iterator[Instruction]:
    yield User("$LIVES_UID", "/home/$LIVES_AS")
    yield WorkingDirectory(variant.directory)
    yield from (Environment(name, variant.environment[name]) for name in sorted(variant.environment))


def _pre_install(variant: ResolvedVariant, variants: Mapping[str, ResolvedVariant]) -> Iterator[Instruction]:
    for builder in variant.builders:
        yield from build(builder, variants)


def _post_install(variant: ResolvedVariant, overridden: Mapping[str, str]) -> Iterator[Instruction]:
    if not variant.insecurely:
        yield User("$RUNS_UID", "/home/$RUNS_AS")
    for builder in variant.builders:
        yield from finish(builder)
    restored = {name: value for name, value in overridden.items() if name not in variant.environment}
    yield from (Environment(name, value, expands=False) for name, value in restored.items())
    if variant.run_directory:
        yield WorkingDirectory(variant.run_directory)
    yield from _entrypoint(variant)


def _copies(variant: ResolvedVariant, variants: Mapping[str, ResolvedVariant]) -> Iterator[Instruction]:
    for files in variant.copies:
        yield from copied_files(files, variant, variants)


def _entrypoint(variant: ResolvedVariant) -> Iterator[Instruction]:
    if variant.entrypoint:
        yield Entrypoint(variant.entrypoint)


def _user_arguments(prefix: str, user: ResolvedUser) -> Iterator[Instruction]:
    yield Argument(f"{prefix}_AS", user.name)
    yield Argument(f"{prefix}_UID", str(user.uid))
    yield Argument(f"{prefix}_GID", str(user.gid))


def _create_user(prefix: str) -> Iterator[str]:
    """Create a group and a user unless their ids are taken, whatever the names they are taken by."""
    name, uid, gid = f"${prefix}_AS", f"${prefix}_UID", f"${prefix}_GID"
    yield f'(getent group "{gid}" || groupadd -o -g "{gid}" -r "{name}")'
    useradd = f'useradd -l -o -m -d "/home/{name}" -r -g "{gid}" -u "{uid}" "{name}"'
    yield f'(getent passwd "{uid}" || {useradd})'


def _make_directory(path: str) -> Iterator[str]:
    yield f"mkdir -p {literal(path)}"
    yield f'chown "$LIVES_UID":"$LIVES_GID" {literal(path)}'


def _with_platform_arguments(instructions: tuple[Instruction, ...]) -> tuple[Instruction, ...]:
    """Declare those of the engine's platform arguments that the recipe's texts mention."""
    mentioned = {name for text in _texts(instructions) for name in _PLATFORM_ARGUMENT.findall(text)}
    declared = [Argument(name) for name in _PLATFORM_ARGUMENTS if name in mentioned]
    return (instructions[0], *declared, *instructions[1:])


def _texts(instructions: tuple[Instruction, ...]) -> Iterator[str]:
    for instruction in instructions:
        match instruction:
            case Execute() | ExecuteScript():
                yield instruction.text
            case Environment():
                yield instruction.value
            case _:
                pass
