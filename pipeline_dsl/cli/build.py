"""``build``: build the image of one variant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cli.arguments import image_name
from pipeline_dsl.cli.builds import add_build_parameters, build_parameters
from pipeline_dsl.cli.caching import add_caching, opened_store
from pipeline_dsl.cli.execution import engine_ahead, execute_plan, own_directory
from pipeline_dsl.cli.planning import secrets
from pipeline_dsl.cli.policy import add_policies
from pipeline_dsl.cli.project import opened
from pipeline_dsl.cli.settings import add_overrides
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.engine.work import Options
from pipeline_dsl.plan import Plan, PlannedStage, plan_build
from pipeline_dsl.resolve import ResolvedStage

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument("variant", metavar="VARIANT", help="name of the variant")
    parser.add_argument(
        "--tag",
        dest="tags",
        metavar="TAG",
        action="append",
        type=image_name,
        default=[],
        help="name:tag to give to the image",
    )
    add_build_parameters(parser)
    add_caching(parser)
    parser.add_argument("--plain", action="store_true", help="print plain lines, also on a terminal")
    add_policies(parser)
    add_overrides(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Build the variant as the only stage of a pipeline of its own."""
    engine = engine_ahead()
    project = opened(arguments)
    parameters = build_parameters(arguments, project.settings.proxies.variables)
    store = opened_store(project.settings)
    contexts = Contexts(store)
    build = plan_build(
        project.resolved,
        project.root,
        arguments.variant,
        parameters,
        tags=arguments.tags,
        contexts=contexts,
    )
    stage = ResolvedStage(arguments.variant, build.variants[-1].at, build=build.source)
    alone = Plan(
        project.resolved.name, project.root, ((PlannedStage("build", stage, build),),), contexts=contexts
    )
    options = Options(
        jobs=1,
        pull=arguments.pull,
        settings=project.settings,
        secrets=secrets(alone, project.settings),
        no_cache=arguments.no_cache,
        expect_cached=arguments.expect_cached,
    )
    with own_directory() as directory:
        return execute_plan(alone, engine, options, directory, store, plain=arguments.plain)
