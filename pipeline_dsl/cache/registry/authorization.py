"""Logging in: what a registry asks for, and the header that it gets."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from pipeline_dsl.cache.registry.credentials import Credential, find_credential
from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.proxies import basic
from pipeline_dsl.cache.registry.tokens import fetch_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.cache.registry.connections import Connections
    from pipeline_dsl.cache.registry.repository import Repository
    from pipeline_dsl.cache.registry.request import Request


class Authorization:
    """The logins of one client, for reading and for writing; fit for several threads at once.

    Arguments:
        repository: what is read and written.
        login: user and password; None for what docker's own configuration says.
        environ: the variables that lead to that configuration.
        connections: the way to servers that give tokens.
    """

    def __init__(
        self,
        repository: Repository,
        login: tuple[str, str] | None,
        environ: Mapping[str, str],
        connections: Connections,
    ) -> None:
        self._repository = repository
        self._environ = environ
        self._connections = connections
        self._lock = threading.Lock()
        self._is_known = login is not None
        self._credential = None if login is None else Credential(*login)
        self._headers: dict[bool, str] = {}

    def header(self, request: Request) -> str:
        """Give the header to try first, empty for none."""
        with self._lock:
            return self._headers.get(request.is_writing, "")

    def renew(self, request: Request, used: str, challenges: Iterable[str], *, is_safe: bool) -> str:
        """Give the header that a registry has asked for.

        Arguments:
            request: what it has refused.
            used: the header that it has refused.
            challenges: what it asks for: its headers ``WWW-Authenticate``.
            is_safe: whether it was asked by TLS, so that a token server has to be, too.

        Raises:
            Failure: there is no login for it, or a token server refuses it.
        """
        with self._lock:
            known = self._headers.get(request.is_writing, "")
            if known != used:
                return known  # another thread has met the same challenge
            header = self._header(request, challenges, is_safe=is_safe)
            if header == used:
                raise self.refusal()
            self._headers[request.is_writing] = header
            return header

    def refusal(self) -> Failure:
        """Say that a login is missing or is not good enough."""
        if self._credential is None:
            return Failure(f'it asks for a login: use "docker login {self._repository.host}"')
        return Failure("it refuses the login, or does not allow that with it")

    def _header(self, request: Request, challenges: Iterable[str], *, is_safe: bool) -> str:
        if not self._is_known:
            self._credential = find_credential(self._repository.host, self._environ)
            self._is_known = True
        asked = {scheme.lower(): rest for scheme, _, rest in (each.partition(" ") for each in challenges)}
        known = self._credential or Credential()
        if "bearer" in asked:
            if known.registry_token:
                return f"Bearer {known.registry_token}"
            return f"Bearer {self._token(_parameters(asked['bearer']), request, known, is_safe=is_safe)}"
        if "basic" in asked and known.username:
            return basic(known.username, known.password)
        raise self.refusal()

    def _token(self, asked: Mapping[str, str], request: Request, known: Credential, *, is_safe: bool) -> str:
        """Get a token from the server that a registry names."""
        realm = asked.get("realm", "")
        if not realm.startswith("https://" if is_safe else ("https://", "http://")):
            raise Failure("it names no server that gives tokens safely")
        actions = "pull,push" if request.is_writing else "pull"
        scope = asked.get("scope") or f"repository:{self._repository.path}:{actions}"
        query = [("service", asked.get("service", "")), *(("scope", each) for each in scope.split())]
        token = fetch_token(self._connections, realm, query, known)
        if token is None:
            raise self.refusal()
        return token


def _parameters(text: str) -> dict[str, str]:
    """Read the parameters of a challenge, ``name="value",…``."""
    found = re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', text)
    return {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain for name, quoted, plain in found}
