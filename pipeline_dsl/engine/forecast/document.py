"""What a run would do, as far as it can be told before."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pipeline_dsl.engine.events import StageOutline, StepOutline

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.cache.key import Json, Key
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.engine.events import StageId
    from pipeline_dsl.plan.reasons import Reason

Files: TypeAlias = "Callable[[], Manifest | None]"
"""Gives the files that an image is made of; None where that cannot be told."""

CACHED = "cached"
"""The state of a step that was done before, of the same."""


@dataclasses.dataclass(frozen=True)
class Basis:
    """What a step depends on, to be compared with the same step's elsewhere.

    Arguments:
        key: all of it, and its digest.
        bases: references of the images that an image starts from.
        files: gives the files that it is made of.
    """

    key: Key
    bases: tuple[str, ...] = ()
    files: Files = lambda: None


class Foretold(NamedTuple):
    """What would become of something.

    Arguments:
        state: ``cached``, ``will build``, ``may run`` and the like.
        reason: why, in one line; may be empty.
        reasons: all that is not as it was the last time.
        basis: what it depends on; None if that is not known, or nothing.
        age: how many seconds ago it was done; None for what is not cached, or where nobody knows.
        last: how many seconds ago the last one of the same subject was done; None if none was.
        image: the id of the engine's image that it would have built; empty for none.
    """

    state: str
    reason: str = ""
    reasons: tuple[Reason, ...] = ()
    basis: Basis | None = None
    age: float | None = None
    last: float | None = None
    image: str = ""

    @property
    def key(self) -> str:
        """The digest of its key; empty if that is not known."""
        return self.basis.key.digest if self.basis else ""

    @property
    def is_cached(self) -> bool:
        """Whether it is certain that nothing would be done."""
        return self.state == CACHED


@dataclasses.dataclass(frozen=True)
class StepForecast:
    """What would become of a step.

    Arguments:
        kind: its kind, unique in its stage.
        title: what it does in a few words.
        told: what would become of it.
    """

    kind: str
    title: str
    told: Foretold

    @property
    def document(self) -> dict[str, Json]:
        """All of it as JSON."""
        told = self.told
        return {
            "kind": self.kind,
            "title": self.title,
            "state": told.state,
            "reason": told.reason,
            "reasons": [
                {"component": one.component, "text": one.text, "details": list(one.details)}
                for one in told.reasons
            ],
            "key": told.key or None,
            "age": told.age,
            "last": told.last,
            "image": told.image or None,
        }


@dataclasses.dataclass(frozen=True)
class StageForecast:
    """What would become of a stage.

    Arguments:
        id: its name.
        needs: names of the stages of its pipeline that it waits for.
        steps: its steps, in order.
    """

    id: StageId
    needs: tuple[str, ...]
    steps: tuple[StepForecast, ...]

    @property
    def document(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            "pipeline": self.id.pipeline,
            "stage": self.id.stage,
            "needs": list(self.needs),
            "steps": [step.document for step in self.steps],
        }


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What a run would do.

    Arguments:
        project: name of the project.
        problems: why not all of it is certain, such as an engine that does not answer.
        stages: its stages, in an order in which they could run one by one.
    """

    project: str
    problems: tuple[str, ...]
    stages: tuple[StageForecast, ...]

    @property
    def outlines(self) -> tuple[StageOutline, ...]:
        """The same in the words of a run's events."""
        return tuple(
            StageOutline(
                stage.id, tuple(StepOutline(one.kind, one.title) for one in stage.steps), stage.needs
            )
            for stage in self.stages
        )

    @property
    def document(self) -> dict[str, Json]:
        """All of it as JSON. What is meant for machines keeps its form as long as ``format`` does."""
        return {
            "format": 1,
            "project": self.project,
            "problems": list(self.problems),
            "stages": [stage.document for stage in self.stages],
        }
