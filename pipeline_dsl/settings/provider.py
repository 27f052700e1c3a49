"""Where a credential comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from pipeline_dsl.model.explanation import InvalidError

Kind: TypeAlias = Literal["string", "username-password", "ssh-key"]
SOURCES = ("environment", "file", "command", "keyring")
"""The ways to get at a secret."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Provider:
    """Where a credential comes from: exactly one of the first four fields says it."""

    environment: str = ""
    """The environment variable that holds it."""

    file: str = ""
    """The file that holds it; an absolute path, or one that begins with ``~/``."""

    command: tuple[str, ...] = ()
    """A program that prints it, with its arguments."""

    keyring: str = ""
    """``SERVICE/USER``: an entry of the system's keyring."""

    username: str = ""
    """The user name that belongs to a password."""

    username_environment: str = ""
    """The environment variable that holds the user name."""

    kind: Kind | None = None
    """What it is. With a user name it is ``username-password`` if this is left out, else ``string``."""

    def __post_init__(self) -> None:
        if sum(bool(getattr(self, source)) for source in SOURCES) != 1:
            raise InvalidError(f"must have one of {', '.join(SOURCES)}, and only one")
        if self.file and not Path(self.file).expanduser().is_absolute():
            raise InvalidError('must have a "file" that is an absolute path')
        if self.keyring and not all(self.keyring_entry):
            raise InvalidError('must have a "keyring" of the form SERVICE/USER')
        names = bool(self.username) + bool(self.username_environment)
        object.__setattr__(self, "kind", self.kind or ("username-password" if names else "string"))
        if names != (self.kind == "username-password"):
            raise InvalidError(
                "must have one of username, username_environment if it is of the kind username-password,"
                " and none if it is not"
            )

    @property
    def keyring_entry(self) -> tuple[str, str]:
        """The service and the user of the keyring's entry."""
        service, _, user = self.keyring.rpartition("/")
        return service, user
