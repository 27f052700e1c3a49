"""How credentials reach a container."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.model import Credential
    from pipeline_dsl.settings import Provided

_KEYS = "/run/credentials"
"""Directory, in the container, of keys that are files."""


@dataclasses.dataclass(frozen=True)
class Given:
    """What a container gets.

    Arguments:
        variables: environment variables.
        files: contents of files by path.
    """

    variables: Mapping[str, str] = dataclasses.field(repr=False)
    files: Mapping[str, bytes] = dataclasses.field(repr=False)


def given(credentials: Iterable[Credential], secrets: Mapping[str, Provided]) -> Given:
    """Say what a container gets that asks for credentials.

    Arguments:
        credentials: what it asks for.
        secrets: all that there are, by id.

    Raises:
        StepError: a credential is of another kind than is asked for.
    """
    variables: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for credential in credentials:
        secret = secrets[credential.id]
        if credential.username_variable and credential.password_variable:
            _check(credential, secret, "username-password")
            variables[credential.username_variable] = secret.username
            variables[credential.password_variable] = secret.secret.reveal()
        elif credential.key_file_variable:
            _check(credential, secret, "ssh-key")
            path = f"{_KEYS}/{len(files)}"
            variables[credential.key_file_variable] = path
            files[path] = secret.secret.reveal().encode()
        else:
            _check(credential, secret, "string")
            variables[credential.variable or credential.id] = secret.secret.reveal()
    return Given(variables, files)


_WANTED = {
    "string": "a variable",
    "username-password": "variables for user name and password",
    "ssh-key": "a variable for the path of a key file",
}


def _check(credential: Credential, secret: Provided, kind: str) -> None:
    if secret.kind != kind:
        message = (
            f'the credential "{credential.id}" is of the kind {secret.kind} and goes with'
            f" {_WANTED[secret.kind]}, not with {_WANTED[kind]}."
        )
        raise StepError([Problem("credential-kind", message, credential.at)])
