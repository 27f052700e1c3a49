"""Planning what a command line asks for, and whether the operator lets it."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

from pipeline_dsl.cli.builds import build_parameters
from pipeline_dsl.cli.caching import contexts, opened_store
from pipeline_dsl.cli.project import choice, opened
from pipeline_dsl.cli.source import checked_out, fetch_all, setup_values
from pipeline_dsl.errors import Problem
from pipeline_dsl.plan import chosen_pipelines, plan
from pipeline_dsl.settings import disallowed, provide, refusal, unknown_trigger

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.plan import Plan
    from pipeline_dsl.settings import Provided, Settings


@dataclasses.dataclass(frozen=True)
class Planned:
    """What a command line asks for.

    Arguments:
        plan: what there is to do.
        settings: the operator's.
        refusals: why the operator does not let it be done; empty if it may be.
        warnings: what was said about it.
    """

    plan: Plan
    settings: Settings
    refusals: tuple[Problem, ...]
    warnings: tuple[str, ...]


def planned(arguments: argparse.Namespace, directory: Path) -> Planned:
    """Plan what the command line chooses.

    Arguments:
        arguments: its words.
        directory: where a checkout goes, if it asks for one.

    Raises:
        UsageError: something that it names does not exist.
    """
    revision = checked_out(arguments, directory)
    project = opened(arguments, revision.directory)
    fetch_all(revision, chosen_pipelines(project.resolved, choice(arguments)))
    settings = project.settings
    made = plan(
        project.resolved,
        project.root,
        choice(arguments),
        build_parameters(arguments, settings.proxies.variables),
        setup=setup_values(revision, project.resolved, settings, arguments),
        contexts=contexts(arguments, opened_store(settings)),
    )
    refusals = (*_refused_steps(made, settings), *_refused_credentials(made, settings))
    return Planned(made, settings, refusals, project.warnings)


def secrets(made: Plan, settings: Settings) -> Mapping[str, Provided]:
    """Get the credentials that a plan needs, its own and those that the operator's settings name for it.

    Raises:
        UsageError: some cannot be had.
    """
    own = [one.id for stage in made.stages if stage.stage.run for one in stage.stage.run.credentials]
    triggers = [stage.stage.trigger.name for stage in made.stages if stage.stage.trigger]
    named = [settings.triggers[name].credential for name in triggers if name in settings.triggers]
    if any(stage.stage.publish for stage in made.stages):
        named.append(settings.registry.credential)
    if settings.cache.repository:
        named.append(settings.cache.credential)
    if any(stage.stage.notify for stage in made.stages):
        named.append(settings.notify.credential)
    return provide(settings, [*own, *filter(None, named)], os.environ)


def _refused_steps(made: Plan, settings: Settings) -> Iterator[Problem]:
    zuul_pipeline = made.setup.get("params.ZUUL_PIPELINE", "")
    for stage in made.stages:
        at = stage.stage.at
        steps = (*stage.stage.steps, *(["notify"] if stage.stage.notify else []))
        yield from disallowed(settings, stage.pipeline, steps, zuul_pipeline, at)
        if stage.stage.trigger and stage.stage.trigger.name not in settings.triggers:
            yield unknown_trigger(stage.stage.trigger.name, settings.triggers, at)
        if stage.stage.deploy or stage.stage.promote:
            message = f'stage "{stage.name}" deploys, and this version can reach no cluster yet.'
            yield Problem("no-cluster", message, at, "Run the other stages with --stage.")
        if stage.stage.publish and not settings.registry.push:
            message = f'stage "{stage.name}" publishes an image, and no registry is set to push it to.'
            hint = "Set one: --set registry.push=HOST, or PIPELINE_DSL_REGISTRY_PUSH."
            yield Problem("no-registry", message, at, hint)


def _refused_credentials(made: Plan, settings: Settings) -> Iterator[Problem]:
    for stage in made.stages:
        for credential in stage.stage.run.credentials if stage.stage.run else ():
            problem = refusal(settings, credential.id, credential.at)
            if problem:
                yield problem
