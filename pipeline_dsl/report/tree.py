"""A plan as a tree: pipelines, their stages, and what each step is going to do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pipeline_dsl.report.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.engine.events import StageId, StageOutline, StepOutline

_LONGEST_TITLE = 50
"""Characters of a title that are enough to recognise its step: one long script would widen every line."""


def tree(
    stages: Iterable[StageOutline], states: Mapping[tuple[StageId, str], Prediction] | None = None
) -> str:
    """Draw stages below their pipelines.

    Arguments:
        stages: the stages; those of a pipeline follow one another.
        states: what becomes of steps, by stage and kind; any other one will be taken.

    Returns:
        Lines such as ``├─ lint  build lint  cached  built 2 h ago``, each with its line end.
    """
    known = states or {}
    lines: list[str] = []
    for pipeline, group in itertools.groupby(stages, lambda stage: stage.id.pipeline):
        members = list(group)
        lines += [pipeline, *_branches(members, known)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _branches(stages: list[StageOutline], states: Mapping[tuple[StageId, str], Prediction]) -> Iterator[str]:
    steps = [(stage, step) for stage in stages for step in stage.steps]
    predicted = {(stage.id, step.kind): _prediction(stage, step, states) for stage, step in steps}
    name_width = max(len(stage.id.stage) for stage in stages)
    kind_width = max((len(step.kind) for _, step in steps), default=0)
    title_width = max((len(_title(step)) for _, step in steps), default=0)
    state_width = max((len(one.state) for one in predicted.values()), default=0)
    for stage in stages:
        first, rest = ("└─ ", "   ") if stage is stages[-1] else ("├─ ", "│  ")
        head = first + stage.id.stage.ljust(name_width)
        for step in stage.steps:
            what = f"{step.kind.ljust(kind_width)} {_title(step).ljust(title_width)}"
            becomes = predicted[stage.id, step.kind]
            yield f"{head}  {what}  {becomes.state.ljust(state_width)}  {becomes.reason}"
            head = rest + " " * name_width


def _prediction(
    stage: StageOutline, step: StepOutline, states: Mapping[tuple[StageId, str], Prediction]
) -> Prediction:
    return states.get((stage.id, step.kind)) or Prediction(f"will {step.kind}")


def _title(step: StepOutline) -> str:
    return step.title if len(step.title) <= _LONGEST_TITLE else step.title[: _LONGEST_TITLE - 1] + "…"
