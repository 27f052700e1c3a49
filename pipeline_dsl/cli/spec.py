"""``spec``: print everything that the file defines as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.project import defined
from pipeline_dsl.model.document import dump

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes: none beyond the common ones."""


def execute(arguments: argparse.Namespace) -> int:
    """Print the document."""
    print(dump(defined(arguments)), end="")
    return 0
