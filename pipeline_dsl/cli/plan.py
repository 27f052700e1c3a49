"""``plan``: show what a run would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.project import add_selection, planned
from pipeline_dsl.engine.run import outlines
from pipeline_dsl.report.tree import tree

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the steps of the chosen stages."""
    print(tree(outlines(planned(arguments))), end="")
    return 0
