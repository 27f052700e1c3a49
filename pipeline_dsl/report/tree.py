"""A plan as a tree: pipelines, their stages, and what each step is going to do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.engine.events import StageOutline, StepOutline

_LONGEST_TITLE = 50
"""Characters of a title that are enough to recognise its step: one long script would widen every line."""


def tree(stages: Iterable[StageOutline]) -> str:
    """Draw stages below their pipelines.

    Arguments:
        stages: the stages; those of a pipeline follow one another.

    Returns:
        Lines such as ``├─ lint  build lint  will build``, each with its line end.
    """
    lines: list[str] = []
    for pipeline, group in itertools.groupby(stages, lambda stage: stage.id.pipeline):
        members = list(group)
        lines += [pipeline, *_branches(members)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _branches(stages: list[StageOutline]) -> Iterator[str]:
    name_width = max(len(stage.id.stage) for stage in stages)
    kind_width = max((len(step.kind) for stage in stages for step in stage.steps), default=0)
    title_width = max((len(_title(step)) for stage in stages for step in stage.steps), default=0)
    for stage in stages:
        first, rest = ("└─ ", "   ") if stage is stages[-1] else ("├─ ", "│  ")
        head = first + stage.id.stage.ljust(name_width)
        for step in stage.steps:
            what = f"{step.kind.ljust(kind_width)} {_title(step).ljust(title_width)}"
            yield f"{head}  {what}  will {step.kind}"
            head = rest + " " * name_width


def _title(step: StepOutline) -> str:
    return step.title if len(step.title) <= _LONGEST_TITLE else step.title[: _LONGEST_TITLE - 1] + "…"
