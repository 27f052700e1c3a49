"""Sources: what ``--from`` can ask to be checked out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.checkout.patch import Patch
from pipeline_dsl.checkout.repository import existing_repository
from pipeline_dsl.checkout.systems import SYSTEMS
from pipeline_dsl.errors import Problem, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ANY_SYSTEM = "ci"


@dataclasses.dataclass(frozen=True)
class WorkingTree:
    """The files as they lie there, with what is not committed.

    Arguments:
        directory: where the caller works.
    """

    directory: Path


@dataclasses.dataclass(frozen=True)
class GitRef:
    """A branch, a tag or a commit of the repository that the caller works in.

    Arguments:
        directory: where the caller works.
        name: what the caller calls it.
        commit: the commit that it is.
        full_name: its full name, such as ``refs/tags/v1``; empty for a commit.
    """

    directory: Path
    name: str
    commit: str
    full_name: str = ""


Source: TypeAlias = WorkingTree | GitRef | Patch


def source_of(word: str | None, directory: Path, environ: Mapping[str, str]) -> Source:
    """Read what ``--from`` says.

    Arguments:
        word: nothing for the working tree; ``zuul``, ``gerrit``, ``gitlab`` or ``github`` for the patch that
            its variables name, ``ci`` for that of the one whose variables are there; else a git ref.
        directory: where the caller works.
        environ: the variables of the environment.

    Raises:
        UsageError: variables are missing, or there is no such ref.
        EngineError: git is needed and not installed.
    """
    if word is None:
        return WorkingTree(directory)
    if word == _ANY_SYSTEM:
        return _any_system(environ)
    if word in SYSTEMS:
        return _system(word, environ)
    return _git_ref(word, directory)


def _system(name: str, environ: Mapping[str, str]) -> Patch:
    missing = SYSTEMS[name].missing(environ)
    if missing:
        message = f"--from {name} needs variables that are not set: {', '.join(missing)}."
        raise UsageError([Problem("missing-variables", message, hint="Set them, or name a git ref.")])
    return SYSTEMS[name].patch(environ)


def _any_system(environ: Mapping[str, str]) -> Patch:
    missing = {name: system.missing(environ) for name, system in SYSTEMS.items()}
    complete = [name for name, lacks in missing.items() if not lacks]
    match complete:
        case [name]:
            return _system(name, environ)
        case []:
            lines = "\n".join(f"    {name} needs {', '.join(lacks)}" for name, lacks in missing.items())
            message = "--from ci needs the variables of a CI system, and those of none are complete."
            raise UsageError([Problem("missing-variables", message, excerpt=lines)])
        case _:
            message = f"--from ci could mean each of {', '.join(complete)}: their variables are all set."
            hint = f"Name one: --from {complete[0]}."
            raise UsageError([Problem("ambiguous-source", message, hint=hint)])


def _git_ref(name: str, directory: Path) -> GitRef:
    hint = did_you_mean(name, (*SYSTEMS, _ANY_SYSTEM)) or "Leave out --from to use the files as they are."
    found = existing_repository(directory, hint)
    commit = "" if name.startswith("-") else found.commit(name)
    if not commit:
        known = [*found.names(), *SYSTEMS, _ANY_SYSTEM]
        hint = did_you_mean(name, known) or "Fetch it first, or name a branch, a tag or a commit."
        message = f'--from {name}: the repository in {found.root} has no ref "{name}".'
        raise UsageError([Problem("unknown-ref", message, hint=hint)])
    return GitRef(directory, name, commit, found.full_name(name))
