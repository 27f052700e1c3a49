"""Tokens: a registry that does not want passwords itself names a server that gives tokens for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pipeline_dsl.cache.registry.answer import refused
from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.proxies import basic, origin_of
from pipeline_dsl.cache.registry.request import Request

if TYPE_CHECKING:
    from pipeline_dsl.cache.registry.connections import Connections
    from pipeline_dsl.cache.registry.credentials import Credential

_CLIENT = "pipeline-dsl"
_FORM = "application/x-www-form-urlencoded"
_OK, _UNAUTHORIZED, _FORBIDDEN = 200, 401, 403


def fetch_token(
    connections: Connections, realm: str, query: list[tuple[str, str]], known: Credential
) -> str | None:
    """Get a token for a registry.

    Arguments:
        connections: the way there.
        realm: address of the server that gives tokens.
        query: what the token is for: ``service``, and ``scope`` as often as needed.
        known: who asks; an empty one for anybody.

    Returns:
        The token; None where the server refuses the login, or asks for one.

    Raises:
        Failure: the server does not answer, or not with a token.
    """
    host = origin_of(realm).host
    try:
        answer = connections.exchange(_request(realm, query, known))
        if answer.status == _OK:
            return _token(answer.read())
        if answer.status not in (_UNAUTHORIZED, _FORBIDDEN):
            raise refused(answer)
        answer.read()
    except Failure as failure:
        raise failure.at(host) from None
    return None


def _request(realm: str, query: list[tuple[str, str]], known: Credential) -> Request:
    """Ask with a password, with nothing, or as OAuth does with what stands for a password."""
    if known.identity_token:
        scopes = " ".join(value for name, value in query if name == "scope")
        grant = {"grant_type": "refresh_token", "refresh_token": known.identity_token, "client_id": _CLIENT}
        form = urlencode({**dict(query), **grant, "scope": scopes})
        return Request("POST", realm, {"Content-Type": _FORM}, form.encode())
    user = [("account", known.username)] if known.username else []
    headers = {"Authorization": basic(known.username, known.password)} if known.username else {}
    return Request("GET", f"{realm}{'&' if '?' in realm else '?'}{urlencode(query + user)}", headers)


def _token(content: bytes) -> str:
    try:
        told: object = json.loads(content)
    except (ValueError, RecursionError):
        told = None
    match told:
        case {"token": str(token)} | {"access_token": str(token)} if token and token.isprintable():
            return token
    raise Failure("it gives no token")
