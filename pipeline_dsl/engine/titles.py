"""Steps in a few words."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.resolve.expressions import (
    Expression,
    MalformedExpressionError,
    interpolate,
    interpolate_code,
)
from pipeline_dsl.resolve.template import as_text

if TYPE_CHECKING:
    from pipeline_dsl.plan import PlannedStage
    from pipeline_dsl.resolve.template import Lookup

Title: TypeAlias = Callable[["PlannedStage"], str]


def title(planned: PlannedStage, kind: str, lookup: Lookup) -> str:
    """Say what a step does.

    Arguments:
        planned: its stage.
        kind: which step.
        lookup: gives the values that are known; references to others stay as they are.
    """

    def value(expression: Expression) -> str:
        known = lookup(expression)
        return str(expression) if known is None else as_text(known)

    words = _TITLES[kind](planned)
    try:
        words = interpolate(words, value)
    except MalformedExpressionError:  # an entrypoint is code
        words = interpolate_code(words, value)
    return " ".join(words.split())


def _build(planned: PlannedStage) -> str:
    return planned.build.variant if planned.build else ""


def _copy(planned: PlannedStage) -> str:
    return shlex.join(files.source for files in planned.stage.copy)


def _publish(planned: PlannedStage) -> str:
    said = planned.stage.publish
    return f"{os.path.basename(said.name)}:{said.tag}" if said else ""  # noqa: PTH119 -- it is no path


def _promote(planned: PlannedStage) -> str:
    return ", ".join(promotion.chart or "${setup.projectShortName}" for promotion in planned.stage.promote)


def _deploy(planned: PlannedStage) -> str:
    return (planned.stage.deploy and planned.stage.deploy.chart.name) or "${setup.projectShortName}"


def _exports(planned: PlannedStage) -> str:
    return ", ".join(planned.stage.exports)


def _trigger(planned: PlannedStage) -> str:
    return planned.stage.trigger.name if planned.stage.trigger else ""


_TITLES: dict[str, Title] = {
    "build": _build,
    "run": lambda planned: planned.run_title,
    "copy": _copy,
    "publish": _publish,
    "promote": _promote,
    "deploy": _deploy,
    "exports": _exports,
    "trigger": _trigger,
}
