"""What every stage knows from the start: the project, what was checked out, and when."""

from __future__ import annotations

import re

from pipeline_dsl.model.reference import Ref

NAMESPACE = "setup"
"""The stage of the pipeline's own whose values these are."""

PARAMETER = "params."
"""What the names of a run's parameters begin with."""


class Setup:
    """What is known before the first stage runs. There is one: ``setup``."""

    project: Ref = Ref(NAMESPACE, "project")
    """Path of the project's repository, such as ``mediawiki/services/mathoid``."""

    project_short_name: Ref = Ref(NAMESPACE, "projectShortName")
    """The last part of ``project``."""

    pipeline: Ref = Ref(NAMESPACE, "pipeline")
    """Name of the pipeline."""

    timestamp: Ref = Ref(NAMESPACE, "timestamp")
    """When the run began, in UTC: ``2026-11-21-220000``."""

    commit: Ref = Ref(NAMESPACE, "commit")
    """Hash of the commit that was checked out."""

    branch: Ref = Ref(NAMESPACE, "branch")
    """Name of the branch; empty where none is checked out."""

    remote: Ref = Ref(NAMESPACE, "remote")
    """URL of the repository."""

    tag: Ref = Ref(NAMESPACE, "tag")
    """Name of the git tag that was checked out; else empty."""

    log_url: Ref = Ref(NAMESPACE, "logURL")
    """Where the log of the run can be read; empty where that is the terminal."""

    @staticmethod
    def parameter(name: str) -> Ref:
        """Give a parameter of the run: what ``--param NAME=VALUE`` or the CI system says.

        Arguments:
            name: name of the parameter, such as ``ZUUL_CHANGE``.
        """
        return Ref(NAMESPACE, f"{PARAMETER}{name}")


setup = Setup()

KEYS = (
    "stage",
    *(str(value)[len(NAMESPACE) + 3 : -1] for value in vars(Setup).values() if isinstance(value, Ref)),
)
"""The names of the values that there always are."""

_SOMETIMES = re.compile(rf"{re.escape(PARAMETER)}.+|GIT_[A-Z_]+|httpProxy|imageLabels")
"""Names of those that there are in some runs: parameters, and what only Jenkins or a proxy gives."""


def may_be_known(name: str) -> bool:
    """Tell whether there are runs in which every stage knows a value of this name."""
    return name in KEYS or _SOMETIMES.fullmatch(name) is not None
