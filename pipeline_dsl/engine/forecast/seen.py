"""What earlier steps of a run that does not take place would leave for those after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import StageId

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.engine.forecast.images import ForeseenImage
    from pipeline_dsl.plan import Plan, PlannedStage


class Seen:
    """What is known of the stages that were looked at.

    Arguments:
        plan: what there is to do.
    """

    def __init__(self, plan: Plan) -> None:
        self.images: dict[StageId, ForeseenImage] = {}
        """The images that stages build."""

        self.runs: dict[StageId, Record] = {}
        """The runs of stages that are cached."""

        self.lent: dict[str, Callable[[], str]] = {}
        """Gives what tells the content of images that stages lend to builds, by the names that they go by."""

        self._needs = {StageId(stage.pipeline, stage.name): stage.needs for stage in plan.stages}
        self._before: dict[StageId, frozenset[str]] = {}
        self._makers: dict[str, StageId] = {}

    def key_of(self, image: str) -> str:
        """Give the key of an image of this run by its id; else the id."""
        wanted = image.removeprefix("sha256:")
        keys = (
            one.told.key for one in self.images.values() if one.told.image.removeprefix("sha256:") == wanted
        )
        return next(keys, image)

    def will_make(self, stage: PlannedStage, key: str) -> None:
        """Note that a stage makes what a key stands for."""
        self._makers.setdefault(key, StageId(stage.pipeline, stage.name))

    def maker(self, stage: PlannedStage, key: str) -> tuple[StageId, bool] | None:
        """Give another stage that makes what a key stands for, and whether it is through by then."""
        maker = self._makers.get(key)
        if maker is None or maker == (own := StageId(stage.pipeline, stage.name)):
            return None
        # Pipelines run one after the other.
        return maker, maker.pipeline != own.pipeline or maker.stage in self._all_before(own)

    def _all_before(self, stage: StageId) -> frozenset[str]:
        if stage not in self._before:
            needs = self._needs[stage]
            further = (self._all_before(StageId(stage.pipeline, name)) for name in needs)
            self._before[stage] = frozenset(needs).union(*further)
        return self._before[stage]
