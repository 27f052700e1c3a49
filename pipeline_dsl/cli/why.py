"""``why``: say why a stage or a variant would be built or run anew, or since when it is cached."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.cli.builds import build_parameters
from pipeline_dsl.cli.caching import opened_store
from pipeline_dsl.cli.forecasting import add_forecasting, explained, foretold, looking, sight
from pipeline_dsl.cli.project import opened
from pipeline_dsl.cli.source import checked_out, fetch_all, setup_values
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.plan import Choice, Plan, PlannedStage, chosen_pipelines, plan, plan_build
from pipeline_dsl.plan.names import check_known
from pipeline_dsl.report.explanation import explanation
from pipeline_dsl.resolve import ResolvedStage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pipeline_dsl.checkout import Revision
    from pipeline_dsl.cli.project import Opened
    from pipeline_dsl.engine.forecast import Forecast, StageForecast
    from pipeline_dsl.resolve import Resolved


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words that the command takes."""
    parser.add_argument("name", metavar="STAGE|VARIANT", help="a stage, PIPELINE/STAGE, or a variant")
    add_forecasting(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print all that there is to say of a stage or a variant."""
    with looking() as look, tempfile.TemporaryDirectory(prefix="pipeline-dsl-") as name:
        directory = Path(name)
        revision = checked_out(arguments, directory)
        project = opened(arguments, revision.directory)
        made = _planned(arguments, project, revision)
        with sight(arguments, project.settings, look) as seen:
            told = foretold(arguments, made, seen, project.settings, directory / "files")
            stages = tuple(_meant(arguments.name, told))
            told = dataclasses.replace(told, stages=stages)
        for problem in told.problems:
            print(f"warning: {problem}", file=sys.stderr)
        if arguments.json:
            print(json.dumps(told.document, indent=2))
        else:
            print("\n".join(explanation(*explained(stage)) for stage in stages), end="")
    return 0


def _planned(arguments: argparse.Namespace, project: Opened, revision: Revision) -> Plan:
    """Plan what has the name, with all that it needs."""
    choice = _choice(arguments.name, project.resolved)
    if choice is None:
        return _alone(arguments, project)
    fetch_all(revision, chosen_pipelines(project.resolved, choice))
    return plan(
        project.resolved,
        project.root,
        choice,
        build_parameters(arguments, project.settings.proxies.variables),
        setup=setup_values(revision, project.resolved, project.settings, arguments),
        contexts=Contexts(opened_store(project.settings)),
    )


def _choice(name: str, resolved: Resolved) -> Choice | None:
    """Choose the stages that have a name, or that build a variant of that name; None if there are none."""
    stages = [(pipeline.name, stage) for pipeline in resolved.pipelines for stage in pipeline.stages]
    named = [
        (pipeline, stage) for pipeline, stage in stages if name in (stage.name, f"{pipeline}/{stage.name}")
    ]
    building = [
        (pipeline, stage) for pipeline, stage in stages if stage.build and stage.build.variant == name
    ]
    chosen = named or building
    if not chosen:
        known = dict.fromkeys([*(stage.name for _, stage in stages), *resolved.variants])
        check_known("stage or variant", [name], known)
        return None
    return Choice(
        tuple(dict.fromkeys(pipeline for pipeline, _ in chosen)),
        tuple(dict.fromkeys(stage.name for _, stage in chosen)),
    )


def _alone(arguments: argparse.Namespace, project: Opened) -> Plan:
    """Plan the build of a variant that no stage builds."""
    contexts = Contexts(opened_store(project.settings))
    parameters = build_parameters(arguments, project.settings.proxies.variables)
    build = plan_build(project.resolved, project.root, arguments.name, parameters, contexts=contexts)
    stage = ResolvedStage(arguments.name, build.variants[-1].at, build=build.source)
    stages = (PlannedStage("build", stage, build),)
    return Plan(project.resolved.name, project.root, (stages,), contexts=contexts)


def _meant(name: str, told: Forecast) -> Iterator[StageForecast]:
    """Give the stages of that name; else the builds of that variant."""
    named = [
        stage for stage in told.stages if name in (stage.id.stage, f"{stage.id.pipeline}/{stage.id.stage}")
    ]
    if named:
        yield from named
        return
    for stage in told.stages:
        steps = tuple(step for step in stage.steps if (step.kind, step.title) == ("build", name))
        if steps:
            yield dataclasses.replace(stage, steps=steps)
