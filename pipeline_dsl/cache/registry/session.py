"""Requests to one registry: logged in, redirected, and tried again where that may help."""

# ruff: noqa: PTH112, PTH118 -- pathlib takes longer to load than the answer of a registry
from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin

from pipeline_dsl.cache.registry.answer import refused
from pipeline_dsl.cache.registry.authorization import Authorization
from pipeline_dsl.cache.registry.connections import Connections
from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.proxies import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.cache.registry.answer import Answer
    from pipeline_dsl.cache.registry.client import Options
    from pipeline_dsl.cache.registry.repository import Repository
    from pipeline_dsl.cache.registry.request import Request

T = TypeVar("T")

_PAUSES = (0.2, 1.0)
"""Seconds before each further try."""

_LONGEST_PAUSE = 5
"""Seconds that a server may ask us to wait; a build may take no longer than more of them."""

_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_WAY = 5
_UNAUTHORIZED, _FORBIDDEN = 401, 403


class Session:
    """The way to one repository; fit for several threads at once.

    Arguments:
        repository: the repository.
        login: user and password; None for what docker's own configuration says.
        options: how the registry is reached.
    """

    def __init__(self, repository: Repository, login: tuple[str, str] | None, options: Options) -> None:
        authorities = os.path.join(options.certificates, repository.host)
        scheme = "http" if _is_plain(repository, authorities, insecure=options.insecure) else "https"
        self.base = f"{scheme}://{repository.address}/v2/{repository.path}/"
        self._origin = origin_of(self.base)
        self._pause = options.pause
        self._connections = Connections(options.environ, authorities, options.patience)
        self._authorization = Authorization(repository, login, options.environ, self._connections)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()

    def patiently(self, action: Callable[[], T]) -> T:
        """Do something, and again where it failed for a reason that may pass.

        Raises:
            Failure: the last try failed.
        """
        for seconds in _PAUSES:
            try:
                return action()
            except Failure as failure:
                if failure.wait is None or failure.wait > _LONGEST_PAUSE:
                    raise
                self._pause(max(seconds, failure.wait))
        return action()

    def ask(self, request: Request, *expected: int) -> Answer:
        """Make a request, log in if the registry asks for it, and follow it to other servers.

        Arguments:
            request: the request; its address may be relative to the repository's.
            expected: the status codes that are answers.

        Raises:
            Failure: there is no answer, or it is another one.
        """
        request = request._replace(url=urljoin(self.base, request.url))
        used = self._authorization.header(request)
        answer, elsewhere = self._follow(request, used)
        if answer.status == _UNAUTHORIZED and not elsewhere:
            challenges = answer.headers("WWW-Authenticate")
            answer.read()
            is_safe = self._origin.scheme == "https"
            used = self._authorization.renew(request, used, challenges, is_safe=is_safe)
            answer, elsewhere = self._follow(request, used)
        if answer.status in expected:
            return answer
        if elsewhere:
            raise refused(answer).at(elsewhere)
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            answer.read()
            raise self._authorization.refusal()
        raise refused(answer)

    def _follow(self, request: Request, authorization: str) -> tuple[Answer, str]:
        """Give the answer, and the host that it comes from if it is not the registry's own."""
        for _ in range(_LONGEST_WAY):
            answer, elsewhere = self._exchange(request, authorization)
            if answer.status not in _REDIRECTS or request.method not in ("GET", "HEAD"):
                return answer, elsewhere
            answer.read()
            request = request._replace(url=joined(request.url, answer.header("Location")))
        raise Failure("it sends us from place to place")

    def _exchange(self, request: Request, authorization: str) -> tuple[Answer, str]:
        """Make one request; nobody but the registry gets to know the login."""
        origin = origin_of(request.url)
        if origin == self._origin:
            login = {"Authorization": authorization} if authorization else {}
            own = request._replace(headers={**request.headers, **login})
            return self._connections.exchange(own), ""
        try:
            return self._connections.exchange(request), origin.host
        except Failure as failure:
            raise failure.at(origin.host) from None


def joined(base: str, location: str) -> str:
    """Give the address that a server names, which may be relative to its own."""
    try:
        return urljoin(base, location)
    except ValueError:
        return location  # which is no address, as the next request finds


def _is_plain(repository: Repository, authorities: str, *, insecure: bool) -> bool:
    return insecure or (repository.is_local and not os.path.isdir(authorities))
