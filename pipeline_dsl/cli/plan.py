"""``plan``: show what a run would do."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.planning import planned
from pipeline_dsl.cli.project import add_selection
from pipeline_dsl.cli.settings import add_overrides
from pipeline_dsl.cli.source import add_source
from pipeline_dsl.engine.outline import outlines
from pipeline_dsl.report.tree import tree

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)
    add_source(parser)
    add_overrides(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the steps of the chosen stages."""
    with tempfile.TemporaryDirectory(prefix="pipeline-dsl-") as directory:
        made = planned(arguments, Path(directory))
        for refusal in made.refusals:
            print(f"warning: {refusal}", file=sys.stderr)
        print(tree(outlines(made.plan)), end="")
    return 0
