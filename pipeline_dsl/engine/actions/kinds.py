"""What takes a step, by its kind."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipeline_dsl.engine.actions.outcome import Outcome
    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.work import Work


class Action(Protocol):
    """A module of this package that is called as the steps that it takes."""

    def take(self, work: Work, output: Output) -> Outcome:
        """Take a step of a stage."""


def action(kind: str) -> Action:
    """Give what takes steps of a kind. It is loaded when the first one is taken: few runs have all kinds."""
    module: Action = importlib.import_module(f"pipeline_dsl.engine.actions.{kind}")
    return module
