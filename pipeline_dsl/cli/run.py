"""``run``: build and run the stages of pipelines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.arguments import positive
from pipeline_dsl.cli.builds import add_build_parameters
from pipeline_dsl.cli.caching import add_caching, known_stages, opened_store
from pipeline_dsl.cli.execution import engine_ahead, execute_plan, own_directory
from pipeline_dsl.cli.planning import planned, secrets
from pipeline_dsl.cli.policy import add_policies
from pipeline_dsl.cli.project import add_selection
from pipeline_dsl.cli.settings import add_overrides
from pipeline_dsl.cli.shortcut import keep_plan, plan_inputs
from pipeline_dsl.cli.source import add_source
from pipeline_dsl.engine.work import Options
from pipeline_dsl.errors import UsageError
from pipeline_dsl.settings import ci_variables

if TYPE_CHECKING:
    import argparse


_JOBS = 4
"""Stages that run at the same time at least, if there are as many: most of them wait for a download."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    add_selection(parser)
    add_source(parser)
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=positive,
        default=max(_JOBS, os.cpu_count() or 1),
        help="how many stages may run at the same time (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-going", action="store_true", help="after a failure, run the stages that do not need it"
    )
    parser.add_argument(
        "--artifacts", metavar="DIR", type=Path, help="keep the files that stages copy out in this directory"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="push nothing and start no other jobs; say what would be"
    )
    add_build_parameters(parser)
    add_caching(parser)
    parser.add_argument(
        "--rerun",
        metavar="STAGE",
        nargs="*",
        help="run the containers of these stages again, although they have passed before (default: of all)",
    )
    parser.add_argument("--plain", action="store_true", help="print plain lines, also on a terminal")
    add_policies(parser)
    add_overrides(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the chosen stages."""
    engine = engine_ahead()
    inputs = plan_inputs(arguments)
    with own_directory() as directory:
        made = planned(arguments, directory.path)
        if made.refusals:
            raise UsageError(made.refusals)
        options = Options(
            jobs=arguments.jobs,
            keep_going=arguments.keep_going,
            pull=arguments.pull,
            dry_run=arguments.dry_run,
            artifacts=arguments.artifacts,
            settings=made.settings,
            secrets=secrets(made.plan, made.settings),
            environment=ci_variables(made.settings, os.environ) | dict(arguments.parameters),
            no_cache=arguments.no_cache,
            rerun=known_stages(arguments.rerun, made.plan),
            expect_cached=arguments.expect_cached,
        )
        store = opened_store(made.settings)
        code = execute_plan(made.plan, engine, options, directory, store, plain=arguments.plain)
        if not code and inputs:
            keep_plan(made, inputs, store, arguments.words)
        return code
