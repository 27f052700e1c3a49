"""What stages of an imported pipeline say of their order, beside what follows from their references."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_dsl.model import Pipeline
    from pipeline_dsl.resolve import ResolvedPipeline


def settle_order(pipeline: Pipeline, resolved: ResolvedPipeline, waits: Mapping[str, Sequence[str]]) -> None:
    """Give each stage of a pipeline the stages that it comes after, but for those that follow from others.

    Arguments:
        pipeline: the pipeline, its stages in an order in which they could run.
        resolved: the same; what its stages need follows from their references alone.
        waits: for each stage those that it is to wait for directly.
    """
    stages = {stage.name: stage for stage in pipeline.stages}
    references = {stage.name: stage.needs for stage in resolved.stages}
    before: dict[str, frozenset[str]] = {}
    for name, stage in stages.items():
        wanted = [one for one in waits[name] if one not in references[name]]
        direct = (*references[name], *wanted)
        after = [one for one in wanted if not any(one in before[other] for other in direct)]
        before[name] = frozenset().union(*(before[one] | {one} for one in direct))
        object.__setattr__(stage, "after", tuple(stages[one] for one in after))
