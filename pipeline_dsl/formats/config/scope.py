"""What the expressions at one place of a config can refer to: ``spec/pipelinelib.md`` §3.1 and §3.3."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import did_you_mean
from pipeline_dsl.model.context import KEYS, NAMESPACE, may_be_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.formats.config.syntax import Reference


@dataclasses.dataclass(frozen=True)
class Known:
    """The value of an expression, known already."""

    text: str


@dataclasses.dataclass(frozen=True)
class Awaited:
    """An expression whose value is known only at run time, spelled as ours."""

    text: str


@dataclasses.dataclass(frozen=True)
class Itself:
    """An expression that stands for itself."""

    text: str


@dataclasses.dataclass(frozen=True)
class Unknown:
    """An expression that has no value, so that PipelineLib ends the run."""

    code: str
    message: str
    hint: str = ""


Finding: TypeAlias = Known | Awaited | Itself | Unknown


@dataclasses.dataclass(frozen=True)
class Scope:
    """What can be seen from one place in a stage.

    Arguments:
        pipeline: name of the pipeline.
        stage: name of the stage in the config.
        bound: the stage's own values that are known by then.
        ancestors: for each stage that comes before, the names of its values.
        stages: for each stage of the pipeline by its name in the config, its name here.
        is_fixed: whether the pipeline's name has to be known now, and not only at run time.
        loop: inside a comprehension the values of its variables, or None where they are not known yet.
        is_late: whether it is inside a comprehension that stays one.
        is_of_pipeline: whether it is not of one stage, but of all stages of the pipeline.
    """

    pipeline: str
    stage: str
    bound: frozenset[str]
    ancestors: Mapping[str, frozenset[str]]
    stages: Mapping[str, str]
    is_fixed: bool = False
    loop: Mapping[str, str | None] | None = None
    is_late: bool = False
    is_of_pipeline: bool = False

    def inside(self, loop: Mapping[str, str | None]) -> Scope:
        """Give the scope inside a comprehension: of the variables around it nothing can be seen."""
        is_late = self.is_late or None in loop.values()
        return dataclasses.replace(self, loop=loop, is_late=is_late)

    def find(self, reference: Reference) -> Finding:
        """Look an expression up."""
        if not reference.namespace:
            return self._own(reference) if self.loop is None else self._in_loop(reference, self.loop)
        if reference.namespace == self.stage:
            return self._by_own_name(reference)
        if reference.namespace == NAMESPACE:
            return self._of_setup(reference)
        if reference.namespace in self.ancestors:
            bound = self.ancestors[reference.namespace]
            return self._of(reference, reference.namespace, bound, self.stages[reference.namespace])
        return self._out_of_sight(reference)

    def _own(self, reference: Reference) -> Finding:
        return self._of(reference, self.stage, self.bound, "")

    def _by_own_name(self, reference: Reference) -> Finding:
        if self.loop is None:
            message = f"{reference.text} is the stage's own."
            return Unknown("own-reference", message, f"Write ${{.{reference.key}}}.")
        return self._of(reference, self.stage, self.bound, self.stages[self.stage] if self.is_late else "")

    def _in_loop(self, reference: Reference, loop: Mapping[str, str | None]) -> Finding:
        if reference.key in loop:
            value = loop[reference.key]
            return Awaited(_spelled("", reference)) if value is None else Known(value)
        return self._unbound(reference, "the comprehension", loop)

    def _of(self, reference: Reference, stage: str, bound: frozenset[str], name: str) -> Finding:
        if reference.key == "stage":
            return Awaited(_spelled(name, reference)) if self.is_of_pipeline else Known(stage)
        if reference.key in bound:
            return Awaited(_spelled(name, reference))
        return self._unbound(reference, f'stage "{stage}"', ("stage", *bound))

    def _of_setup(self, reference: Reference) -> Finding:
        key = reference.key
        if key == "stage":
            return Known(NAMESPACE)
        if key == "pipeline" and self.is_fixed:
            return Known(self.pipeline)
        if may_be_known(key):
            return Awaited(_spelled(NAMESPACE, reference))
        return self._unbound(reference, "setup", KEYS)

    @staticmethod
    def _unbound(reference: Reference, source: str, bound: Mapping[str, object] | tuple[str, ...]) -> Finding:
        if reference.default is not None:
            return Known(reference.default)
        if reference.is_bare:
            return Itself(reference.text)
        message = f'{reference.text}: {source} gives no "{reference.key}" before this.'
        return Unknown("unbound-reference", message, did_you_mean(reference.key, bound))

    def _out_of_sight(self, reference: Reference) -> Finding:
        name = reference.namespace
        if name in self.stages:
            message = f'{reference.text}: stage "{name}" does not come before this one.'
            return Unknown("not-an-ancestor", message, f'Have "execution" say that "{name}" comes first.')
        message = f'{reference.text}: there is no stage "{name}" in the pipeline.'
        return Unknown("unknown-stage", message, did_you_mean(name, self.ancestors))


def _spelled(namespace: str, reference: Reference) -> str:
    default = "" if reference.default is None else f"|{reference.default}"
    return f"${{{namespace}.{reference.key}{default}}}"
