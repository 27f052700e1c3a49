"""``check``: find out whether anything is wrong, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.project import opened
from pipeline_dsl.plan import check

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes: none beyond the common ones."""


def execute(arguments: argparse.Namespace) -> int:
    """Check every variant and every pipeline."""
    project = opened(arguments)
    check(project.resolved, project.root)
    stages = sum(len(pipeline.stages) for pipeline in project.resolved.pipelines)
    counts = {
        "variants": len(project.resolved.variants),
        "pipelines": len(project.resolved.pipelines),
        "stages": stages,
    }
    print(
        f"{project.resolved.name}: nothing wrong in", ", ".join(f"{n} {what}" for what, n in counts.items())
    )
    return 0
