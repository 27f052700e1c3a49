"""Values of a run: what stages produce, and what the strings of others refer to."""

from __future__ import annotations

import dataclasses
from collections import ChainMap
from typing import TYPE_CHECKING

from pipeline_dsl.model.context import NAMESPACE
from pipeline_dsl.resolve import template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_dsl.engine.events import StageId
    from pipeline_dsl.resolve.expressions import Expression
    from pipeline_dsl.resolve.template import Lookup, Plain


class Values:
    """The values of all stages of a run.

    Arguments:
        setup: those that every stage knows from the start, by name.
    """

    def __init__(self, setup: Mapping[str, Plain]) -> None:
        self._setup = dict(setup)
        self._bound: dict[StageId, dict[str, Plain]] = {}
        self._late: dict[tuple[StageId, str], Callable[[], Plain]] = {}

    def scope(self, stage: StageId) -> Scope:
        """Give what a stage can refer to; its own values are none yet but its name."""
        self._bound[stage] = {"stage": stage.stage}
        return Scope(self, stage)

    def known(self, stage: StageId) -> Lookup:
        """Give the values that a stage knows before it starts: none of its own."""
        return Scope(self, stage).glance

    def bind(self, stage: StageId, name: str, value: Plain) -> None:
        """Add a value to a stage."""
        self._bound[stage][name] = value

    def bind_late(self, stage: StageId, name: str, make: Callable[[], Plain]) -> None:
        """Add a value to a stage that is made when it is first needed, maybe by several who need it."""
        self._late[stage, name] = make

    def needed(self, stage: StageId, name: str) -> Plain:
        """Give a value of a stage, and make it if need be."""
        late = self._late.get((stage, name))
        if late and name not in self._bound[stage]:
            self.bind(stage, name, late())
        return self.of(stage).get(name)

    def of(self, stage: StageId) -> Mapping[str, Plain]:
        """Give the values of a stage; those of ``setup`` are the run's and its pipeline's."""
        if stage.stage == NAMESPACE:
            return ChainMap({"pipeline": stage.pipeline, "stage": NAMESPACE}, self._setup)
        return self._bound.get(stage, {"stage": stage.stage})


@dataclasses.dataclass(frozen=True)
class Scope:
    """What a stage can refer to.

    Arguments:
        values: the values of all stages.
        stage: the stage.
    """

    values: Values
    stage: StageId

    def bind(self, name: str, value: Plain) -> None:
        """Give the stage a value."""
        self.values.bind(self.stage, name, value)

    def bind_late(self, name: str, make: Callable[[], Plain]) -> None:
        """Give the stage a value that is made when it is first needed."""
        self.values.bind_late(self.stage, name, make)

    def lookup(self, expression: Expression) -> Plain:
        """Give the value of an expression; None for what a stage did not come to produce."""
        return self.values.needed(self._stage(expression), expression.key)

    def glance(self, expression: Expression) -> Plain:
        """Give the value of an expression if it is there; none is made for it."""
        return self.values.of(self._stage(expression)).get(expression.key)

    def _stage(self, expression: Expression) -> StageId:
        return dataclasses.replace(self.stage, stage=expression.namespace or self.stage.stage)

    def known(self, expression: Expression) -> str:
        """Give the text of the value of an expression."""
        return template.as_text(self.lookup(expression))

    def text(self, string: str) -> str:
        """Put values in the place of the references in a string."""
        return template.text(string, self.lookup)

    def value(self, value: object) -> Plain:
        """Put values in the place of references, and make lists and mappings that are made at run time.

        Raises:
            EvaluationError: values do not fit together.
        """
        return template.evaluate(value, self.lookup)

    def texts(self, value: object) -> tuple[str, ...]:
        """Give a list of strings; see ``value``."""
        return template.texts(value, self.lookup)

    def text_by_name(self, value: object) -> dict[str, str]:
        """Give strings by name; see ``value``."""
        return template.text_by_name(value, self.lookup)
