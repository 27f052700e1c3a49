"""Logins of registries that the engine asks for: to pull what a build starts from, and cached layers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pydantic

from pipeline_dsl.engine.sdk import credentials
from pipeline_dsl.engine.sdk.session.call import UNKNOWN, CallError
from pipeline_dsl.engine.sdk.session.session_pb2 import CredentialsRequest, CredentialsResponse
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    import docker

_HUB, _HUB_REGISTRY = "docker.io", "registry-1.docker.io"
"""Docker Hub's name in references and in logins, and the host that serves it."""


_LOGIN = pydantic.TypeAdapter(dict[str, str | None])
"""What the SDK writes into a header: names are in lower case, or not, depending on where it has them from."""


def answer(api: docker.APIClient, message: bytes) -> bytes:
    """Answer ``Auth/Credentials``.

    Raises:
        CallError: docker's configuration names a credential helper that does not work.
    """
    host = CredentialsRequest.FromString(message).Host
    try:
        header = credentials.headers(api, f"{_HUB if host == _HUB_REGISTRY else host}/image")
    except EngineError as error:
        raise CallError(UNKNOWN, error.problems[0].message) from error
    told = _LOGIN.validate_json(base64.urlsafe_b64decode(header["X-Registry-Auth"]))
    login = {name.lower(): value or "" for name, value in told.items()}
    if token := login.get("identitytoken"):
        return CredentialsResponse(Secret=token).SerializeToString()
    return CredentialsResponse(
        Username=login.get("username", ""), Secret=login.get("password", "")
    ).SerializeToString()
