"""Resolving pipelines: what their stages do, in which order, and what is wrong with them."""

from __future__ import annotations

import graphlib
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.resolve.references import step_references
from pipeline_dsl.resolve.stage_defects import circular_stages, pipeline_defects
from pipeline_dsl.resolve.stages import connected, spell_out
from pipeline_dsl.resolve.steps import ResolvedPipeline

if TYPE_CHECKING:
    from pipeline_dsl.errors import Problem
    from pipeline_dsl.model import Pipeline
    from pipeline_dsl.resolve.references import References


def resolve_pipeline(
    pipeline: Pipeline, variant_references: References
) -> tuple[ResolvedPipeline | None, tuple[Problem, ...]]:
    """Spell out a pipeline.

    Arguments:
        pipeline: the pipeline.
        variant_references: gives the expressions in a variant and in all that it takes files from.

    Returns:
        The pipeline, None if something is wrong with it; and all that is.
    """
    spelled = {stage.name: spell_out(stage, pipeline) for stage in pipeline.stages}
    found = {name: tuple(step_references(stage, variant_references)) for name, stage in spelled.items()}
    problems = tuple(pipeline_defects(pipeline, spelled, found))
    if problems:
        return None, problems
    stages = {
        stage.name: connected(spelled[stage.name], stage, found[stage.name]) for stage in pipeline.stages
    }
    problems = tuple(circular_stages(pipeline, stages))
    if problems:
        return None, problems
    order = graphlib.TopologicalSorter({name: stage.needs for name, stage in stages.items()})
    resolved = ResolvedPipeline(
        name=pipeline.name,
        stages=tuple(stages[name] for name in order.static_order()),
        directory=posixpath.normpath(pipeline.directory),
        fetch=pipeline.fetch,
    )
    return resolved, ()
