"""The exports step: values for later stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.actions.outcome import Outcome

if TYPE_CHECKING:
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.work import Work


def take(work: Work, _output: Output) -> Outcome:
    """Give the stage what it exports, in order: a value may refer to those before it."""
    for name, value in work.planned.stage.exports.items():
        work.scope.bind(name, work.scope.value(value))
    return Outcome(is_cached=True)
