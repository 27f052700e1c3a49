"""What the steps of a stage refer to, and what they give to others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pipeline_dsl.model.definition import Definition, fields
from pipeline_dsl.model.stage import STEPS
from pipeline_dsl.resolve.expressions import MalformedExpressionError
from pipeline_dsl.resolve.template import references

if TYPE_CHECKING:
    from pipeline_dsl.resolve.expressions import Expression
    from pipeline_dsl.resolve.steps import ResolvedBuild, ResolvedRun, ResolvedStage

References: TypeAlias = Callable[[str], "Iterable[Expression]"]
"""Gives the expressions in a variant of some name, and in all that it takes files from."""

BOUND_BY = {
    "build": ("imageID", "imageLocalName"),
    "run": ("container", "output"),
    "copy": ("artifactURLs",),
    "publish": (
        *("imageName", "imageFullName", "imageTag", "imageTags"),
        *("publishedImage", "publishedDigest"),
    ),
    "deploy": ("releaseName",),
}
"""The values that each step gives to its stage: ``spec/pipelinelib.md`` §3.6."""


def bound(stage: ResolvedStage, before: str = "") -> tuple[str, ...]:
    """Name the values that a stage has.

    Arguments:
        stage: the stage.
        before: a step; values that this one and those after it give are left out.
    """
    steps = itertools.takewhile(lambda step: step != before, stage.steps)
    own = (
        name for step in steps for name in (stage.exports if step == "exports" else BOUND_BY.get(step, ()))
    )
    return ("stage", *own)


class Found(NamedTuple):
    """What a step refers to.

    Arguments:
        step: the step.
        expressions: the expressions in it; of those after a mistake, none.
        mistake: what is nearly an expression, as the end of a sentence; empty if nothing is.
    """

    step: str
    expressions: tuple[Expression, ...]
    mistake: str = ""


def step_references(stage: ResolvedStage, variants: References) -> Iterator[Found]:
    """Find the expressions in each step of a stage, and in whom it notifies.

    Arguments:
        stage: the stage.
        variants: gives those in variants.
    """
    for step, expressions in _steps(stage, variants):
        found: list[Expression] = []
        try:
            found.extend(expressions)
        except MalformedExpressionError as error:
            yield Found(step, tuple(found), str(error))
        else:
            yield Found(step, tuple(found))


def _steps(stage: ResolvedStage, variants: References) -> Iterator[tuple[str, Iterator[Expression]]]:
    values: dict[str, object] = {
        "copy": [_arguments(artifact) for artifact in stage.copy],
        "promote": [_arguments(promotion) for promotion in stage.promote],
        "deploy": stage.deploy and [_arguments(stage.deploy), _arguments(stage.deploy.chart)],
        "exports": tuple(stage.exports.values()),
        "trigger": stage.trigger and stage.trigger.parameters,
        "notify": stage.notify and [stage.notify.email and _arguments(stage.notify.email)],
    }
    found = {step: references(value) for step, value in values.items() if value}
    if stage.build:
        found["build"] = _in_build(stage.build, variants)
    if stage.run:
        found["run"] = _in_run(stage.run, variants)
    if stage.publish:
        said = stage.publish
        found["publish"] = references([said.image, said.name, said.tag, said.tags, said.overwrite])
    yield from ((step, found[step]) for step in (*STEPS, "notify") if step in found)


def _in_build(build: ResolvedBuild, variants: References) -> Iterator[Expression]:
    yield from variants(build.variant)
    yield from references([build.directory, build.repository, build.excludes])


def _in_run(run: ResolvedRun, variants: References) -> Iterator[Expression]:
    yield from references([run.command, run.arguments, run.environment, run.image])
    for service in run.services:
        if service.build:
            yield from _in_build(service.build, variants)
        yield from references([service.image, service.command, service.arguments, service.environment])


def _arguments(definition: Definition) -> list[object]:
    return [getattr(definition, field.name) for field in fields(type(definition))]
