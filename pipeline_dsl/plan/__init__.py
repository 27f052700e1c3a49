"""Works out what a run is going to do: which stages, which images, which files of the build context."""

from pipeline_dsl.plan.build import (
    BuildParameters,
    PlannedBuild,
    plan_build,
    plan_builds,
    plan_dockerfile,
    slug,
)
from pipeline_dsl.plan.plan import Plan, PlannedStage, plan

__all__ = [
    "BuildParameters",
    "Plan",
    "PlannedBuild",
    "PlannedStage",
    "plan",
    "plan_build",
    "plan_builds",
    "plan_dockerfile",
    "slug",
]
