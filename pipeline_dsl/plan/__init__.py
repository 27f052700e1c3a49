"""Works out what a run is going to do: which stages, which images, which files of the build context."""

from pipeline_dsl.plan.plan import (
    Plan,
    PlannedBuild,
    PlannedStage,
    check,
    plan,
    plan_build,
    plan_dockerfile,
    slug,
)

__all__ = ["Plan", "PlannedBuild", "PlannedStage", "check", "plan", "plan_build", "plan_dockerfile", "slug"]
