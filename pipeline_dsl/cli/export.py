"""``export``: write what the file defines in another form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.output import write_new
from pipeline_dsl.cli.policy import add_policies, enforce_policies
from pipeline_dsl.cli.project import defined
from pipeline_dsl.cli.yaml_support import require_yaml

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument("form", metavar="FORM", choices=["blubber"], help="what to write: blubber")
    parser.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=Path,
        default=Path("-"),
        help="where to write it (default: print it)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite a file that is there")
    parser.add_argument(
        "--lossy",
        action="store_true",
        help="leave out what cannot be said in it, with a comment that names it",
    )
    add_policies(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Export the project."""
    require_yaml("export")
    from pipeline_dsl.formats.conversion import to_blubber
    from pipeline_dsl.resolve import resolve

    project = defined(arguments)
    enforce_policies(arguments, resolve(project))
    converted = to_blubber(project, lossy=arguments.lossy)
    for warning in converted.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    write_new(converted.text, arguments.output, force=arguments.force)
    return 0
