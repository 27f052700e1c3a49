"""``run``: build and run the stages of pipelines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline_dsl.cli.arguments import positive
from pipeline_dsl.cli.builds import add_build_parameters
from pipeline_dsl.cli.execution import execute_plan
from pipeline_dsl.cli.policy import add_policies
from pipeline_dsl.cli.project import add_selection, planned

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=positive,
        default=max(2, os.cpu_count() or 1),
        help="how many stages may run at the same time (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="after a failure, run the stages that do not need it"
    )
    add_build_parameters(parser)
    parser.add_argument("--plain", action="store_true", help="print plain lines, also on a terminal")
    add_policies(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the chosen stages."""
    return execute_plan(
        planned(arguments),
        jobs=arguments.jobs,
        keep_going=arguments.keep_going,
        pull=arguments.pull,
        plain=arguments.plain,
    )
