"""What docker's own configuration logs in to a registry with."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache.configuration import ConfigurationError, read_configuration
from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.repository import HUB

if TYPE_CHECKING:
    from collections.abc import Mapping

_HUB_KEY = "https://index.docker.io/v1/"
"""What docker calls its own registry where it keeps logins."""

_PATIENCE = 60
"""Seconds for a helper: it may ask its user to unlock a key ring."""


class Credential(NamedTuple):
    """What logs in: a user with a password, or one of two kinds of tokens. No text of it shows any of that.

    Arguments:
        username: the user.
        password: the password.
        identity_token: what a token server gives tokens for.
        registry_token: a token for the registry itself.
    """

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __repr__(self) -> str:
        return "Credential()"


def find_credential(host: str, environ: Mapping[str, str]) -> Credential | None:
    """Look a login up as docker does: its credential helpers first, then what it keeps itself.

    Arguments:
        host: the registry, as in the names of images.
        environ: the variables, which helpers get as well.

    Raises:
        Failure: the configuration or one of its helpers does not work.
    """
    try:
        configuration = read_configuration(environ)
    except ConfigurationError as error:
        raise Failure(f"docker's configuration does not say how to log in: {error}") from None
    key = _HUB_KEY if host == HUB else host
    helpers = _mapping(configuration.get("credHelpers"))
    helper = helpers.get(key) or helpers.get(host) or configuration.get("credsStore")
    told = _ask(f"docker-credential-{helper}", key, environ) if helper else None
    return told or _kept(host, _mapping(configuration.get("auths")))


def _kept(host: str, entries: Mapping[str, object]) -> Credential | None:
    exact = entries.get(_HUB_KEY if host == HUB else host)
    near = (entry for name, entry in entries.items() if _host(name) == host)
    entry = _mapping(exact or next(near, None))
    if entry.get("identitytoken"):
        return Credential(identity_token=str(entry["identitytoken"]))
    if entry.get("registrytoken"):
        return Credential(registry_token=str(entry["registrytoken"]))
    try:
        login = base64.b64decode(str(entry.get("auth") or "")).decode().rstrip("\0")
    except ValueError:
        raise Failure(f"docker's configuration has a login for {host} that cannot be read") from None
    username, colon, password = login.partition(":")
    return Credential(username, password) if colon else None


def _host(name: str) -> str:
    """Give the host of an entry, which may be a URL."""
    host = name.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return HUB if host == f"index.{HUB}" else host


def _ask(program: str, server: str, environ: Mapping[str, str]) -> Credential | None:
    """Ask a credential helper; it says with a failure, or with an empty user, that it knows nothing."""
    import subprocess  # noqa: PLC0415 -- slow to load, and most machines have no helper

    try:
        ended = subprocess.run(  # noqa: S603 -- docker's configuration names it, and docker starts it
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            env=environ,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = "takes too long" if not isinstance(error, OSError) else error.strerror or "cannot be started"
        raise Failure(f"docker's credential helper {program} fails: {reason}") from None
    if ended.returncode:
        if b"credentials not found" in ended.stdout:
            return None
        raise Failure(f"docker's credential helper {program} fails: it ended with code {ended.returncode}")
    match _document(ended.stdout):
        case {"Username": "<token>", "Secret": str(token)}:
            return Credential(identity_token=token)
        case {"Username": str(username), "Secret": str(password)}:
            return Credential(username, password) if username else None
    raise Failure(f"docker's credential helper {program} fails: its answer cannot be read")


def _document(content: bytes) -> object:
    try:
        told: object = json.loads(content)
    except ValueError:
        return None
    return told


def _mapping(told: object) -> Mapping[str, object]:
    return told if isinstance(told, dict) else {}
