"""All kinds of steps, and what takes each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.engine.actions import build, copy, exports, publish, run, trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_dsl.engine.actions.outcome import Outcome
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.work import Work

Take: TypeAlias = "Callable[[Work, Output], Outcome]"
"""Takes a step of a stage."""

ACTIONS: Mapping[str, Take] = {
    "build": build.take,
    "run": run.take,
    "copy": copy.take,
    "publish": publish.take,
    "exports": exports.take,
    "trigger": trigger.take,
}
"""By the kind of the step."""
