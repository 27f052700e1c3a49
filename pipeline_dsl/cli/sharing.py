"""The cache repository that the operator's settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.registry import Options, Registry, parse_repository
from pipeline_dsl.engine.docker import Login
from pipeline_dsl.engine.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.settings import Provided
    from pipeline_dsl.settings.schema import Cache


def shared_repository(docker: Docker, settings: Cache, secrets: Mapping[str, Provided]) -> Shared | None:
    """Give the cache repository; None if the settings name none.

    Arguments:
        docker: pulls and pushes its images.
        settings: the operator's.
        secrets: credentials by name, that of the repository among them if it has one.
    """
    if not settings.repository:
        return None
    secret = secrets.get(settings.credential)
    login = Login(secret.username, secret.secret.reveal()) if secret else None
    registry = Registry(
        parse_repository(settings.repository),
        (login.username, login.password) if login else None,
        Options(insecure=settings.insecure),
    )
    return Shared(settings.repository, docker, registry, login, is_pushed_to=settings.push)
