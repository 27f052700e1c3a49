"""Works a project out: settings merged, references followed, cycles found, mistakes named."""

from pipeline_dsl.resolve.project import resolve
from pipeline_dsl.resolve.resolved import (
    Resolved,
    ResolvedPipeline,
    ResolvedRun,
    ResolvedStage,
    ResolvedVariant,
)

__all__ = ["Resolved", "ResolvedPipeline", "ResolvedRun", "ResolvedStage", "ResolvedVariant", "resolve"]
