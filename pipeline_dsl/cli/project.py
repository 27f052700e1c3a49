"""From the options of a command line to the project, and to the part of it that is asked for."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from pipeline_dsl.cli.builds import build_parameters
from pipeline_dsl.cli.policy import enforce_policies
from pipeline_dsl.load import find, load, locate
from pipeline_dsl.plan import plan
from pipeline_dsl.resolve import Resolved, resolve

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pipeline_dsl.load import Location
    from pipeline_dsl.model import Project
    from pipeline_dsl.plan import Plan


@dataclasses.dataclass(frozen=True)
class Opened:
    """A project that a command works with.

    Arguments:
        resolved: the project.
        root: its root directory.
    """

    resolved: Resolved
    root: Path


def defined(arguments: argparse.Namespace) -> Project:
    """Evaluate the pipeline file that the command line means."""
    return load(_location(arguments))


def opened(arguments: argparse.Namespace) -> Opened:
    """Evaluate and resolve it; print warnings; enforce policies."""
    location = _location(arguments)
    resolved = resolve(load(location))
    for warning in resolved.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    enforce_policies(arguments, resolved)
    return Opened(resolved, location.root)


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare the words that choose pipelines and stages."""
    parser.add_argument(
        "pipelines", metavar="PIPELINE", nargs="*", help="pipelines to run, in order (default: all)"
    )
    parser.add_argument(
        "--stage",
        dest="stages",
        metavar="STAGE",
        nargs="+",
        action="extend",
        default=[],
        help="stages to run, with what they need",
    )


def planned(arguments: argparse.Namespace) -> Plan:
    """Plan what the command line chooses."""
    project = opened(arguments)
    chosen = (arguments.pipelines, arguments.stages)
    return plan(project.resolved, project.root, *chosen, build_parameters(arguments))


def _location(arguments: argparse.Namespace) -> Location:
    return locate(arguments.file) if arguments.file else find(arguments.directory)
