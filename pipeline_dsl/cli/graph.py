"""``graph``: show which stages wait for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.project import add_selection, choice, opened
from pipeline_dsl.engine.outline import outlines
from pipeline_dsl.plan import plan
from pipeline_dsl.report.graph import FORMATS

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="text", help="how to write it (default: %(default)s)"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print the graph of the chosen stages."""
    project = opened(arguments)
    made = plan(project.resolved, project.root, choice(arguments))
    print(FORMATS[arguments.format](outlines(made)), end="")
    return 0
