"""Whom to tell when a stage fails: what the pipeline says, and over it what the stage says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.model.definition import amended
from pipeline_dsl.resolve.merge import overlay

if TYPE_CHECKING:
    from pipeline_dsl.model.steps import Notify


def merged(pipeline: Notify | None, stage: Notify | None) -> Notify | None:
    """Lay a stage's notices over its pipeline's, field by field.

    What neither gives has its default, wherever the rest comes from: spec/pipelinelib.md §12, 19. An empty
    list of recipients is one that is left out.

    Arguments:
        pipeline: the pipeline's.
        stage: the stage's.
    """
    if pipeline is None or stage is None:
        return stage or pipeline
    both = overlay(pipeline, stage)
    if both.email and pipeline.email and not both.email.to:
        return amended(both, email=amended(both.email, to=pipeline.email.to))
    return both
