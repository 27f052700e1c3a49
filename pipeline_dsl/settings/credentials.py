"""Credentials: what a pipeline may ask for, fetched from where the operator keeps it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Position, Problem, UsageError, did_you_mean
from pipeline_dsl.settings.fetch import UnavailableError, fetch
from pipeline_dsl.settings.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.settings.provider import Kind, Provider
    from pipeline_dsl.settings.schema import Settings


@dataclasses.dataclass(frozen=True)
class Provided:
    """A credential with its value.

    Arguments:
        kind: what it is.
        secret: the string, the password, or the private key.
        username: the user's name that belongs to a password; empty for other kinds.
    """

    kind: Kind
    secret: Secret
    username: str = ""


def refusal(settings: Settings, credential: str, at: Position | None = None) -> Problem | None:
    """Say why a pipeline may not have a credential; None if it may.

    Arguments:
        settings: the operator's settings.
        credential: its name.
        at: the author's line that asks for it.
    """
    known = settings.credentials
    if credential in known:
        return None
    allowed = f"Allowed are {', '.join(known)}." if known else "None is allowed."
    hint = f"{did_you_mean(credential, known)} {allowed}".strip()
    return Problem("credential-not-allowed", f'the credential "{credential}" is not allowed here.', at, hint)


def provide(settings: Settings, ids: Iterable[str], environ: Mapping[str, str]) -> dict[str, Provided]:
    """Fetch the values of credentials, of none but these.

    Arguments:
        settings: the operator's settings.
        ids: names of credentials.
        environ: the environment of this process.

    Raises:
        UsageError: some are not allowed, or cannot be had; all of these are named. If any is not allowed,
            none is fetched.
    """
    wanted = tuple(dict.fromkeys(ids))
    refused = [problem for name in wanted if (problem := refusal(settings, name))]
    if refused:
        raise UsageError(refused)
    provided: dict[str, Provided] = {}
    problems: list[Problem] = []
    for name in wanted:
        try:
            provided[name] = _provided(settings.credentials[name], environ)
        except UnavailableError as error:
            message = f'the credential "{name}" cannot be had: {error}.'
            problems.append(Problem("credential-unavailable", message, hint=error.hint))
    if problems:
        raise UsageError(problems)
    return provided


def _provided(provider: Provider, environ: Mapping[str, str]) -> Provided:
    kind = provider.kind or "string"
    value = fetch(provider, environ).rstrip("\r\n")
    if not value:
        raise UnavailableError("its value is empty")
    if "\0" in value:
        raise UnavailableError("its value holds a NUL, which no environment variable can")
    if kind == "ssh-key":
        value += "\n"  # without which ssh does not take it for a key
    return Provided(kind, Secret(value), _username(provider, environ))


def _username(provider: Provider, environ: Mapping[str, str]) -> str:
    variable = provider.username_environment
    name = environ.get(variable, "") if variable else provider.username
    if variable and not name:
        raise UnavailableError(f"the environment variable {variable} is not set")
    return name
