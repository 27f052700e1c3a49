"""``settings``: show what the operator has set, and where."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from pipeline_dsl.settings import read
from pipeline_dsl.settings.showing import plain

if TYPE_CHECKING:
    from pipeline_dsl.settings import Effective


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_overrides(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Declare the words that set something for one command."""
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="NAME=VALUE",
        type=_override,
        action="append",
        default=[],
        help="set something for this command, such as timeouts.run=60; may be given several times",
    )


def effective(arguments: argparse.Namespace) -> Effective:
    """Read the settings, with what the command line sets."""
    return read(overrides=dict(getattr(arguments, "overrides", ())))


def execute(arguments: argparse.Namespace) -> int:
    """Print the settings."""
    values = effective(arguments).values
    if arguments.json:
        shown = {one.name: {"value": plain(one.value), "origin": one.origin} for one in values}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return 0
    names = max(len(one.name) for one in values)
    origins = max(len(one.origin) for one in values)
    for one in values:
        value = json.dumps(plain(one.value), ensure_ascii=False)
        print(f"{one.name:{names}}  {one.origin:{origins}}  {value}")
    return 0


def _override(word: str) -> tuple[str, str]:
    name, is_given, value = word.partition("=")
    if not is_given:
        raise argparse.ArgumentTypeError(f"{word!r} is not NAME=VALUE")
    return name, value
