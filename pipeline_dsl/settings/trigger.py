"""What a pipeline may set off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from pipeline_dsl.errors import Position, Problem, did_you_mean
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.types import MappingOf
from pipeline_dsl.settings.kinds import HttpUrl

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Trigger:
    """A command or an HTTP call; one of the first two fields says which."""

    command: tuple[str, ...] = ()
    """The program to start, with its arguments."""

    url: HttpUrl = ""
    """The URL to call."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    """How to call it."""

    headers: MappingOf[str, str] = Field(default_factory=dict, repr=False)
    """Headers to send. Their values are not shown."""

    credential: str = ""
    """Name of the credential to call it with."""

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise InvalidError("must have one of command, url, and only one")
        if self.command and (self.headers or self.method != "POST"):
            raise InvalidError("must have a url if it has a method or headers")


def unknown_trigger(name: str, allowed: Iterable[str], at: Position | None = None) -> Problem:
    """Say that the operator has declared no job of a name.

    Arguments:
        name: what the author wrote.
        allowed: the jobs that are declared.
        at: the author's line.
    """
    names = sorted(allowed)
    listed = f"These may be started: {', '.join(names)}." if names else "No job may be started."
    hint = f"{did_you_mean(name, names)} {listed} The operator declares jobs in the settings, as triggers."
    return Problem("trigger-not-allowed", f'the job "{name}" may not be started.', at, hint.strip())
