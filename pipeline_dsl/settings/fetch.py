"""Getting at the value of a credential. What goes wrong is told without the value, or any output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.settings.provider import Provider

_PATIENCE = 60
"""Seconds that a program may take."""


class UnavailableError(Exception):
    """A value cannot be had.

    Arguments:
        reason: why, as the end of a sentence.
        hint: what to do about it.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def fetch(provider: Provider, environ: Mapping[str, str]) -> str:
    """Get a value.

    Arguments:
        provider: where it is.
        environ: the environment of this process.

    Raises:
        UnavailableError: it is not there, or cannot be read.
    """
    if provider.environment:
        return _from_environment(provider.environment, environ)
    if provider.file:
        return _from_file(provider.file)
    if provider.command:
        return _from_command(provider.command, environ)
    return _from_keyring(*provider.keyring_entry)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if value is None:
        raise UnavailableError(f"the environment variable {name} is not set")
    return _text(os.fsencode(value), f"the environment variable {name}")


def _from_file(path: str) -> str:
    try:
        return _text(Path(path).expanduser().read_bytes(), f"the file {path}")
    except OSError as error:
        raise UnavailableError(f"the file {path} cannot be read: {error.strerror}") from None


def _from_command(command: tuple[str, ...], environ: Mapping[str, str]) -> str:
    program = command[0]
    try:
        ended = subprocess.run(  # noqa: S603 -- the operator's own command, and no shell
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except OSError as error:
        raise UnavailableError(f"{program} cannot be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"{program} took longer than {_PATIENCE} seconds") from None
    if ended.returncode:
        hint = "Its output is not shown, for it may hold the value: try it by hand."
        raise UnavailableError(f"{program} ended with the code {ended.returncode}", hint)
    return _text(ended.stdout, f"what {program} prints")


def _from_keyring(service: str, user: str) -> str:
    try:
        import keyring  # noqa: PLC0415 -- an optional package, and slow to load
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        hint = "Install it with: pip install 'pipeline-dsl[keyring]'."
        raise UnavailableError("the package keyring is not installed", hint) from None
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        hint = "The command keyring diagnose says more."
        raise UnavailableError(f"the keyring fails with {type(error).__name__}", hint) from None
    if value is None:
        raise UnavailableError(f'the keyring has no entry of "{user}" for "{service}"')
    return value


def _text(value: bytes, what: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise UnavailableError(f"{what} is not UTF-8") from None
