"""``export``: write what the file defines in another form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.output import STANDARD_OUTPUT, write_new
from pipeline_dsl.cli.policy import add_policies, enforce_policies
from pipeline_dsl.cli.project import defined
from pipeline_dsl.cli.yaml_support import require_yaml
from pipeline_dsl.errors import Problem, UsageError

if TYPE_CHECKING:
    import argparse

    from pipeline_dsl.formats.conversion import Converted
    from pipeline_dsl.model import Project

_FORMS = ("blubber", "config", "all")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument(
        "form",
        metavar="FORM",
        choices=_FORMS,
        help="what to write: blubber (the variants), config (the pipelines), or all (both)",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="PATH",
        type=Path,
        help="the file to write (default: print it); of all the directory to write .pipeline/ in",
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
    from pipeline_dsl.resolve import resolve

    project = defined(arguments)
    enforce_policies(arguments.policies, resolve(project))
    files = _converted(project, arguments)
    for converted in files.values():
        for warning in converted.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    taken = [path for path in files if path != STANDARD_OUTPUT and path.exists()]
    if len(files) > 1 and taken and not arguments.force:  # then neither is written
        hint = "Give --force to overwrite it, or -o for another place."
        raise UsageError([Problem("file-exists", f"{taken[0]} is there already.", hint=hint)])
    for path, converted in files.items():
        write_new(converted.text, path, force=arguments.force)
    return 0


def _converted(project: Project, arguments: argparse.Namespace) -> dict[Path, Converted]:
    """Give what is to be written, by where."""
    from pipeline_dsl.formats import conversion

    lossy = arguments.lossy
    if arguments.form == "blubber":
        return {arguments.output or STANDARD_OUTPUT: conversion.to_blubber(project, lossy=lossy)}
    if arguments.form == "config":
        return {arguments.output or STANDARD_OUTPUT: conversion.to_config(project, lossy=lossy)}
    if arguments.output is None:
        hint = "Give -o DIR; they are written to DIR/.pipeline."
        raise UsageError([Problem("no-output", "All files together cannot be printed.", hint=hint)])
    config, blubber = conversion.to_config_and_blubber(project, lossy=lossy)
    directory = arguments.output / ".pipeline"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{directory} cannot be made: {error.strerror}."
        raise UsageError([Problem("not-writable", message)]) from None
    return {directory / "config.yaml": config, directory / "blubber.yaml": blubber}
