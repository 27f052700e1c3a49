"""Which steps a pipeline may have, as the operator says."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Position, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.settings.schema import Settings, StepName


def allowed_steps(settings: Settings, pipeline: str, zuul_pipeline: str = "") -> tuple[StepName, ...] | None:
    """Give the steps that a pipeline may have (``spec/pipelinelib.md §9``).

    Arguments:
        settings: the operator's settings.
        pipeline: its name.
        zuul_pipeline: the pipeline of Zuul that it runs in, from ``ZUUL_PIPELINE``; empty for none.

    Returns:
        The steps; None for all.
    """
    steps = settings.steps
    own = steps.pipelines.get(pipeline, steps.default)
    if own is None:
        return None
    added = steps.zuul.items() if zuul_pipeline else ()
    matching = [names for pattern, names in added if fnmatchcase(zuul_pipeline, pattern)]
    return tuple(dict.fromkeys([*own, *(name for names in matching for name in names)]))


def disallowed(
    settings: Settings,
    pipeline: str,
    steps: Iterable[str],
    zuul_pipeline: str = "",
    at: Position | None = None,
) -> tuple[Problem, ...]:
    """Find the steps that a pipeline has and may not have.

    Arguments:
        settings: the operator's settings.
        pipeline: its name.
        steps: the steps of it, or of one of its stages.
        zuul_pipeline: the pipeline of Zuul that it runs in; empty for none.
        at: the author's line that has the steps.

    Returns:
        One problem per step.
    """
    allowed = allowed_steps(settings, pipeline, zuul_pipeline)
    if allowed is None:
        return ()
    where = f'"{zuul_pipeline}" of Zuul' if zuul_pipeline else "a run outside Zuul"
    hint = f"Allowed are {', '.join(allowed)}." if allowed else "No step is allowed."
    return tuple(
        Problem("step-not-allowed", f'pipeline "{pipeline}" may have no step "{step}" in {where}.', at, hint)
        for step in dict.fromkeys(steps)
        if step not in allowed
    )
