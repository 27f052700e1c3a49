"""The instructions that a recipe is made of: what happens to an image, in order."""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias


@dataclasses.dataclass(frozen=True)
class Context:
    """The build context, as a place that files come from."""


@dataclasses.dataclass(frozen=True)
class Built:
    """The finished files of another variant, as a place that files come from."""

    variant: str


@dataclasses.dataclass(frozen=True)
class Existing:
    """An existing image, as a place that files come from."""

    reference: str


Place: TypeAlias = Context | Built | Existing


@dataclasses.dataclass(frozen=True)
class From:
    """Start from an image; from nothing where ``base`` is None."""

    base: str | None


@dataclasses.dataclass(frozen=True)
class User:
    """Go on as another user.

    Arguments:
        uid: numeric id, or a variable that holds it.
        home: home directory of the user.
    """

    uid: str
    home: str


@dataclasses.dataclass(frozen=True)
class Argument:
    """Declare a build argument; without a default it is one that the engine knows."""

    name: str
    default: str | None = None


@dataclasses.dataclass(frozen=True)
class Environment:
    """Set an environment variable, for what follows and in the image.

    Arguments:
        name: its name.
        value: its value.
        expands: whether ``$NAME`` in the value stands for another variable.
    """

    name: str
    value: str
    expands: bool = True


@dataclasses.dataclass(frozen=True)
class WorkingDirectory:
    """Go on in another directory; made if it is missing."""

    path: str


@dataclasses.dataclass(frozen=True)
class BindMount:
    """Files seen at ``target`` while a command runs; changes to them are lost."""

    place: Place
    source: str
    target: str


@dataclasses.dataclass(frozen=True)
class CacheMount:
    """A directory at ``target`` that outlives the build, owned by ``uid`` and ``gid``, or what these name.

    Builds that give the same ``id`` share it; where there is none yet, it is going to be the target.
    """

    id: str | None
    target: str
    sharing: Literal["shared", "locked", "private"]
    uid: str
    gid: str


Mount: TypeAlias = BindMount | CacheMount


@dataclasses.dataclass(frozen=True)
class Execute:
    """Have the shell execute commands, each only if those before it passed."""

    commands: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()

    @property
    def text(self) -> str:
        """The one line that the shell gets."""
        return " && ".join(self.commands)


@dataclasses.dataclass(frozen=True)
class ExecuteScript:
    """Execute a script that leaves nothing in the image; its text starts with ``#!``."""

    text: str
    mounts: tuple[Mount, ...] = ()


@dataclasses.dataclass(frozen=True)
class WriteFile:
    """Write a small text file as root, readable to all."""

    path: str
    text: str


@dataclasses.dataclass(frozen=True)
class CopyFiles:
    """Copy files into the image.

    Arguments:
        place: where they are.
        sources: their paths there; of a directory the contents are copied.
        destination: the path to copy to; a directory if it ends in a slash.
        owned: whether they belong to the owner of the application's files; else they keep their owner.
        exclude: patterns of what to leave out.
    """

    place: Place
    sources: tuple[str, ...]
    destination: str
    owned: bool
    exclude: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Entrypoint:
    """Set the program that the image runs; default arguments of the base image are dropped."""

    arguments: tuple[str, ...]


Instruction: TypeAlias = (
    From
    | User
    | Argument
    | Environment
    | WorkingDirectory
    | Execute
    | ExecuteScript
    | WriteFile
    | CopyFiles
    | Entrypoint
)
