"""What a registry is logged in to with: a given login, or what docker's own configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.auth import encode_header, get_config_header, resolve_repository_name
from docker.errors import DockerException
from docker.utils import parse_repository_tag

from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    import docker

    from pipeline_dsl.engine.docker import Login


def headers(api: docker.APIClient, reference: str, login: Login | None = None) -> dict[str, str | bytes]:
    """Give the headers by which the engine logs in to the registry of an image.

    Arguments:
        api: the engine's client.
        reference: the image.
        login: what to log in with; None for docker's own configuration and its credential helpers.

    Raises:
        EngineError: docker's configuration names a credential helper that does not work.
    """
    registry = host(reference)
    if login is not None:
        given = {"username": login.username, "password": login.password, "serveraddress": registry}
        return {"X-Registry-Auth": encode_header(given)}
    try:
        configured = get_config_header(api, registry)
    except DockerException as error:
        message = f"docker's configuration says how to log in to {registry}, but that fails: {error}"
        hint = "Look at the credential helpers in docker's config.json."
        raise EngineError([Problem("credential-helper-failed", message, hint=hint)]) from error
    return {"X-Registry-Auth": configured or encode_header({})}


def host(reference: str) -> str:
    """Give the registry of an image, ``HOST`` or ``HOST:PORT``."""
    repository, _ = parse_repository_tag(reference)
    registry, _ = resolve_repository_name(repository)
    return str(registry)
