"""The part of the installation that only commands about YAML need."""

from __future__ import annotations

import importlib.util

from pipeline_dsl.errors import Problem, UsageError


def require_yaml(command: str) -> None:
    """Make sure that YAML can be read.

    Raises:
        UsageError: the package for it is not installed.
    """
    if importlib.util.find_spec("yaml") is None:
        message = f'The command "{command}" needs PyYAML, which is not installed.'
        hint = "Install it with: pip install 'pipeline-dsl[yaml]'."
        raise UsageError([Problem("not-installed", message, hint=hint)])
