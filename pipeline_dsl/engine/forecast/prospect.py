"""A stage of a run that does not take place."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, NoReturn

from pipeline_dsl.engine.forecast.unknown import UnknownError
from pipeline_dsl.engine.outline import stage_id
from pipeline_dsl.plan import slug

if TYPE_CHECKING:
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.engine.events import StageId
    from pipeline_dsl.engine.forecast.document import Foretold
    from pipeline_dsl.engine.forecast.images import ForeseenImage, Images
    from pipeline_dsl.engine.forecast.seen import Seen
    from pipeline_dsl.engine.forecast.sight import Sight
    from pipeline_dsl.engine.scope import Scope
    from pipeline_dsl.engine.work import Options
    from pipeline_dsl.plan import Plan, PlannedStage

_PLACEHOLDER = "pipeline-dsl-no-run"
"""What stands for the names that each run makes up."""


@dataclasses.dataclass(frozen=True)
class Prospect:
    """A stage that is looked at.

    Arguments:
        plan: what there is to do.
        planned: the stage.
        scope: what it can refer to.
        options: how the run would be.
        sight: what can be seen.
        seen: what earlier steps would leave.
        images: the images of the run.
        told: what would become of its steps so far, by kind.
    """

    plan: Plan
    planned: PlannedStage
    scope: Scope
    options: Options
    sight: Sight
    seen: Seen
    images: Images
    told: dict[str, Foretold] = dataclasses.field(default_factory=dict)
    _latest: dict[str, Record | None] = dataclasses.field(default_factory=dict)

    @property
    def id(self) -> StageId:
        """Its name."""
        return stage_id(self.planned)

    @property
    def image(self) -> ForeseenImage | None:
        """The image that it builds, as soon as that has been looked at."""
        return self.seen.images.get(self.id)

    @property
    def subject(self) -> str:
        """What the stage's run is remembered by, beside its key."""
        return f"{self.plan.project}/{self.planned.pipeline}/{self.planned.name}"

    @property
    def made_up_name(self) -> str:
        """A name such as each run makes up for what it leaves with the engine for a while."""
        return f"{_PLACEHOLDER}:{slug(self.planned.pipeline)}-{self.planned.name}"

    def latest(self, kind: str) -> Record | None:
        """Give what was last done for the stage."""
        if kind not in self._latest:
            self._latest[kind] = self.sight.memory.latest(kind, self.subject)
        return self._latest[kind]

    def leave_open(self, *names: str) -> None:
        """Give the stage values that are only known in the run."""
        for name in names:
            self.scope.bind_late(name, functools.partial(self._raise, name))

    def _raise(self, name: str) -> NoReturn:
        raise UnknownError(f"${{{self.planned.name}.{name}}} is only known in the run")
