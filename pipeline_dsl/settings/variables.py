"""The variables of the CI's environment that the environment of a run may refer to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.settings.schema import Settings


def ci_variables(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Give what ``${NAME}`` may stand for in the environment of a run (``spec/pipelinelib.md §5.2``).

    Variables that credentials are taken from are never among them.

    Arguments:
        settings: the operator's settings.
        environ: the environment of this process.
    """
    environment = settings.environment
    sources = {
        name
        for provider in settings.credentials.values()
        for name in (provider.environment, provider.username_environment)
    }
    return {
        name: value
        for name, value in environ.items()
        if name not in sources
        and any(fnmatchcase(name, pattern) for pattern in environment.allowed)
        and not any(fnmatchcase(name.upper(), pattern.upper()) for pattern in environment.denied)
    }
