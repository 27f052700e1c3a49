"""Works out what a run is going to do: which stages, which images, which files of the build context."""

from pipeline_dsl.plan.build import plan_build, plan_builds, plan_dockerfile, slug
from pipeline_dsl.plan.choice import Choice, chosen_pipelines
from pipeline_dsl.plan.plan import Plan, PlannedStage, check_files, plan
from pipeline_dsl.plan.planned import BuildParameters, PlannedBuild, WantedBuild

__all__ = [
    "BuildParameters",
    "Choice",
    "Plan",
    "PlannedBuild",
    "PlannedStage",
    "WantedBuild",
    "check_files",
    "chosen_pipelines",
    "plan",
    "plan_build",
    "plan_builds",
    "plan_dockerfile",
    "slug",
]
