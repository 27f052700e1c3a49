"""``check``: find out whether anything is wrong, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.policy import add_policies
from pipeline_dsl.cli.project import opened
from pipeline_dsl.plan import check_files

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_policies(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Check every variant and every pipeline."""
    project = opened(arguments)
    check_files(project.resolved, project.root)
    counts = {
        "variant": len(project.resolved.variants),
        "pipeline": len(project.resolved.pipelines),
        "stage": sum(len(pipeline.stages) for pipeline in project.resolved.pipelines),
    }
    counted = ", ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items())
    print(f"{project.resolved.name}: nothing wrong in {counted}")
    return 0
