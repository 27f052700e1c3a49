"""The options that say something about builds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline_dsl.cli.arguments import image_platform
from pipeline_dsl.errors import Problem, UsageError
from pipeline_dsl.plan import BuildParameters

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_build_parameters(parser: argparse.ArgumentParser) -> None:
    """Declare the words that say something about builds."""
    parser.add_argument("--pull", action="store_true", help="pull base images even if they are there")
    parser.add_argument(
        "--build-arg",
        dest="build_arguments",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="value of a build argument; without one, that of the environment variable of this name",
    )
    parser.add_argument(
        "--platform",
        metavar="OS/ARCH",
        type=image_platform,
        default=None,
        help="what images are to run on, such as linux/arm64 (default: as the engine)",
    )


def build_parameters(arguments: argparse.Namespace, proxies: Mapping[str, str]) -> BuildParameters:
    """Give what is said about builds.

    Arguments:
        arguments: the words of the command line; some commands let it say nothing.
        proxies: build arguments of proxies, to which the command line's are stronger.
    """
    given = {**proxies, **dict(map(_argument, getattr(arguments, "build_arguments", ())))}
    return BuildParameters(given, getattr(arguments, "platform", None) or "")


def _argument(word: str) -> tuple[str, str]:
    name, has_value, value = word.partition("=")
    if has_value:
        return name, value
    if name not in os.environ:
        message = f"--build-arg {name} has no value, and no environment variable has this name."
        raise UsageError([Problem("no-build-argument", message, hint=f"Write --build-arg {name}=VALUE.")])
    return name, os.environ[name]
