"""``plan``: show what a run would do, and why."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.forecasting import add_forecasting, explained, foretold, looking, predictions, sight
from pipeline_dsl.cli.planning import planned
from pipeline_dsl.cli.project import add_selection
from pipeline_dsl.engine.forecast.difference import differences
from pipeline_dsl.report.explanation import explanation
from pipeline_dsl.report.tree import tree

if TYPE_CHECKING:
    from pipeline_dsl.cli.planning import Planned
    from pipeline_dsl.engine.forecast import Forecast, Sight

_FEW = 10
"""Lines of a difference that are printed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)
    add_forecasting(parser)
    parser.add_argument(
        "--diff", metavar="REF", help="show what is not as it is at another git branch, tag or commit"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Print what would become of the steps of the chosen stages."""
    with looking() as look, tempfile.TemporaryDirectory(prefix="pipeline-dsl-") as name:
        directory = Path(name)
        made = planned(arguments, directory)
        for refusal in made.refusals:
            print(f"warning: {refusal}", file=sys.stderr)
        with sight(arguments, made.settings, look) as seen:
            told = foretold(arguments, made.plan, seen, made.settings, directory / "ours")
            other = _other(arguments, made, seen, directory) if arguments.diff else None
        for problem in told.problems:
            print(f"warning: {problem}", file=sys.stderr)
        if other:
            _print_difference(arguments, told, other)
        elif arguments.json:
            print(json.dumps(told.document, indent=2))
        else:
            print(tree(told.outlines, predictions(told)), end="")
    return 0


def _other(arguments: argparse.Namespace, made: Planned, seen: Sight, directory: Path) -> Forecast:
    """Say what a run at another ref would do, of all its stages."""
    words = {**vars(arguments), "source": arguments.diff, "pipelines": [], "stages": [], "rerun": None}
    there = argparse.Namespace(**words)
    found = planned(there, directory / "there")
    setup = {**found.plan.setup, "timestamp": made.plan.setup["timestamp"]}  # as if both began now
    plan = dataclasses.replace(found.plan, setup=setup)
    return foretold(there, plan, seen, made.settings, directory / "theirs")


def _print_difference(arguments: argparse.Namespace, told: Forecast, other: Forecast) -> None:
    is_whole = not arguments.pipelines and not arguments.stages
    differing = differences(told, other, is_whole=is_whole)
    if arguments.json:
        stages = [stage.document for stage in differing]
        print(json.dumps({"format": 1, "against": arguments.diff, "stages": stages}, indent=2))
    elif differing:
        print("\n".join(explanation(*explained(stage), most=_FEW) for stage in differing), end="")
    else:
        print(f"nothing differs from {arguments.diff}")
