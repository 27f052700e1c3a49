"""Works a project out: settings merged, references followed, cycles found, mistakes named."""

from pipeline_dsl.resolve.project import resolve
from pipeline_dsl.resolve.resolved import Resolved, ResolvedVariant
from pipeline_dsl.resolve.steps import (
    ResolvedBuild,
    ResolvedPipeline,
    ResolvedPublish,
    ResolvedRun,
    ResolvedService,
    ResolvedStage,
)

__all__ = [
    "Resolved",
    "ResolvedBuild",
    "ResolvedPipeline",
    "ResolvedPublish",
    "ResolvedRun",
    "ResolvedService",
    "ResolvedStage",
    "ResolvedVariant",
    "resolve",
]
