"""Spelling stages out: what each does, and what it waits for."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.checkout import is_git_url
from pipeline_dsl.model import Artifact, Promote, Publish, Run, Service, Variant
from pipeline_dsl.model.context import NAMESPACE
from pipeline_dsl.model.definition import amended
from pipeline_dsl.resolve.notices import merged
from pipeline_dsl.resolve.steps import (
    OWN_CONTAINER,
    OWN_IMAGE,
    ResolvedBuild,
    ResolvedPublish,
    ResolvedRun,
    ResolvedService,
    ResolvedStage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.model import Pipeline, Stage
    from pipeline_dsl.model.run import RunSpecification
    from pipeline_dsl.model.stage import CachePolicy
    from pipeline_dsl.model.steps import BuildSpecification
    from pipeline_dsl.resolve.references import Found


def connected(spelled: ResolvedStage, stage: Stage, references: Iterable[Found]) -> ResolvedStage:
    """Add to a stage that is spelled out what it waits for.

    Arguments:
        spelled: the stage.
        stage: what its author wrote.
        references: what its steps refer to.
    """
    found = tuple(one for step in references for one in step.expressions)
    named = [earlier.name for earlier in stage.after]
    named += [one.namespace for one in found if one.namespace not in ("", NAMESPACE, stage.name)]
    return dataclasses.replace(spelled, needs=tuple(dict.fromkeys(named)), references=found)


def spell_out(stage: Stage, pipeline: Pipeline) -> ResolvedStage:
    """Spell out a stage but for what it waits for."""
    run = _run(stage.run, pipeline.directory)
    return ResolvedStage(
        name=stage.name,
        at=stage.at,
        build=_build(stage.build, pipeline.directory) if stage.build else None,
        run=run,
        copy=tuple(map(_artifact, stage.copy)),
        publish=_publish(stage.publish),
        promote=_promotions(stage.promote),
        deploy=stage.deploy,
        exports=stage.exports,
        trigger=stage.trigger,
        notify=merged(pipeline.notify, stage.notify),
        cache=stage.cache or _usual_cache(run),
    )


def _usual_cache(run: ResolvedRun | None) -> CachePolicy:
    """Give how long it holds that a container has passed whose author says nothing of it.

    Services and what credentials open are a world of their own, which may answer otherwise the next time.
    """
    return "never" if run and (run.services or run.credentials) else "success"


def _build(build: BuildSpecification, directory: str) -> ResolvedBuild:
    if isinstance(build, Variant):
        return ResolvedBuild(build.name, posixpath.normpath(directory))
    is_repository = is_git_url(build.context)
    return ResolvedBuild(
        variant=build.variant.name,
        directory="" if is_repository else posixpath.normpath(posixpath.join(directory, build.context)),
        repository=build.context if is_repository else "",
        excludes=build.excludes,
        pull=build.pull,
    )


def _run(run: RunSpecification | None, directory: str) -> ResolvedRun | None:
    match run:
        case None | False:
            return None
        case True:
            return ResolvedRun()
        case Run():
            return ResolvedRun(
                command=_words(run.command),
                arguments=run.arguments,
                environment=run.environment,
                image=run.image or OWN_IMAGE,
                tail=run.tail,
                credentials=tuple(run.credentials),
                services=tuple(_service(service, directory) for service in run.services),
                timeout=run.timeout,
                memory=run.memory,
                cpus=run.cpus,
                retries=run.retries,
            )
    return ResolvedRun(command=tuple(run))


def _service(service: Service, directory: str) -> ResolvedService:
    is_built = isinstance(service.image, Variant)
    return ResolvedService(
        name=service.name,
        build=_build(service.image, directory) if isinstance(service.image, Variant) else None,
        image="" if is_built else str(service.image),
        command=_words(service.command),
        arguments=tuple(service.arguments),
        environment=service.environment,
        health=_words(service.health),
        timeout=service.timeout,
    )


def _words(words: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(words)


def _artifact(files: str | Artifact) -> Artifact:
    artifact = files if isinstance(files, Artifact) else Artifact(files)
    return amended(artifact, container=artifact.container or OWN_CONTAINER)


def _publish(publish: bool | Publish | None) -> ResolvedPublish | None:  # noqa: FBT001 -- the author's
    if not publish:
        return None
    said = publish if isinstance(publish, Publish) else Publish()
    return ResolvedPublish(
        image=said.image or OWN_IMAGE,
        name=said.name or "${setup.project}",
        tag=said.tag or "${setup.timestamp}-${.stage}",
        tags=("${setup.tag}",) if said.tags is None else said.tags,
        overwrite=said.overwrite if isinstance(said.overwrite, bool) else tuple(said.overwrite),
    )


def _promotions(promote: bool | Iterable[Promote] | None) -> tuple[Promote, ...]:  # noqa: FBT001 -- as above
    if isinstance(promote, bool) or promote is None:
        return (Promote(),) if promote else ()
    return tuple(promote)
