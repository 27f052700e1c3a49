"""What variants and stages refer to, and the order that this leaves to those who write them down.

A variant that refers to a stage, because it builds on that stage's image, comes behind the stage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_dsl.model import Pipeline, Stage, Variant
from pipeline_dsl.model.definition import Definition, fields
from pipeline_dsl.resolve.order import foundations_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.model import Project

_NAMESPACE = re.compile(r"\$\{([A-Za-z0-9_-]+)\.")


def all_variants(project: Project) -> tuple[Variant, ...]:
    """Give all variants of a project, each after those that it refers to."""
    built = (variant for pipeline in project.pipelines for variant in _within(pipeline))
    return foundations_first((*project.variants, *built), lambda variant: tuple(referred(variant)))


def built_by(stage: Stage) -> tuple[Variant, ...]:
    """Give the variants that a stage builds, and those that they refer to, which come first."""
    values = (getattr(stage, field.name) for field in fields(Stage) if field.name != "after")
    built = [variant for value in values for variant in _within(value)]
    return foundations_first(built, lambda variant: tuple(referred(variant)))


def late_variants(project: Project) -> frozenset[Variant]:
    """Give the variants that refer to stages, and those that refer to such variants."""
    stages = {stage.name for pipeline in project.pipelines for stage in pipeline.stages}
    late: set[Variant] = set()
    for variant in all_variants(project):
        names = {name for text in texts(variant) for name in _NAMESPACE.findall(text)}
        if names & stages or late.intersection(referred(variant)):
            late.add(variant)
    return frozenset(late)


def referred(value: Definition) -> Iterator[Variant]:
    """Give the variants that a definition refers to, in the order of its arguments."""
    for field in fields(type(value)):
        if field.name not in ("variants", "pipelines"):
            yield from _within(getattr(value, field.name))


def _within(value: object) -> Iterator[Variant]:
    match value:
        case Variant():
            yield value
        case Pipeline():
            for stage in value.stages:
                yield from _within(stage.build)
                yield from _within(stage.run)
        case Definition():
            yield from referred(value)
        case list() | tuple():
            for item in value:
                yield from _within(item)


def texts(value: object) -> Iterator[str]:
    """Give all strings of a definition, and not those of variants that it refers to."""
    match value:
        case str():
            yield value
        case Mapping():
            yield from map(str, value)
            for item in value.values():
                yield from texts(item)
        case list() | tuple():
            for item in value:
                if not isinstance(item, Variant):
                    yield from texts(item)
        case Definition():
            for field in fields(type(value)):
                inner = getattr(value, field.name)
                if not isinstance(inner, Variant):
                    yield from texts(inner)
