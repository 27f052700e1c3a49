"""From the options of a command line to the project that a command works with."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from pipeline_dsl.cli.policy import enforce_policies
from pipeline_dsl.cli.settings import effective
from pipeline_dsl.load import find, load, locate
from pipeline_dsl.plan import Choice
from pipeline_dsl.resolve import Resolved, resolve

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pipeline_dsl.load import Location
    from pipeline_dsl.model import Project
    from pipeline_dsl.settings import Settings


@dataclasses.dataclass(frozen=True)
class Opened:
    """A project that a command works with.

    Arguments:
        resolved: the project.
        root: its root directory.
        settings: the operator's.
        warnings: what was said about it.
    """

    resolved: Resolved
    root: Path
    settings: Settings
    warnings: tuple[str, ...]


def defined(arguments: argparse.Namespace) -> Project:
    """Evaluate the pipeline file that the command line means."""
    return load(located(arguments))


def opened(arguments: argparse.Namespace, directory: Path | None = None) -> Opened:
    """Evaluate and resolve a project; print warnings; enforce policies.

    Arguments:
        arguments: the words of the command line.
        directory: where to look for the project; what the command line says if left out.
    """
    settings = effective(arguments).settings
    location = located(arguments, directory)
    resolved = resolve(load(location))
    warnings = tuple(f"warning: {warning}" for warning in resolved.warnings)
    for warning in warnings:
        print(warning, file=sys.stderr)
    enforce_policies([*settings.policies, *getattr(arguments, "policies", ())], resolved)
    return Opened(resolved, location.root, settings, warnings)


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


def choice(arguments: argparse.Namespace) -> Choice:
    """Give what the command line chooses."""
    return Choice(arguments.pipelines, arguments.stages)


def located(arguments: argparse.Namespace, directory: Path | None = None) -> Location:
    """Find the pipeline file.

    Arguments:
        arguments: the words of the command line.
        directory: where to look for it; what the command line says if left out.
    """
    start = directory or arguments.directory
    return locate(start / arguments.file) if arguments.file else find(start)
