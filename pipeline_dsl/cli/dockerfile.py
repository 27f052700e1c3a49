"""``dockerfile``: print the Dockerfile of a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.project import opened
from pipeline_dsl.plan import plan_dockerfile

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument("variant", metavar="VARIANT", help="name of the variant")


def execute(arguments: argparse.Namespace) -> int:
    """Print the Dockerfile."""
    print(plan_dockerfile(opened(arguments).resolved, arguments.variant).text, end="")
    return 0
