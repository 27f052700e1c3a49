"""The project: everything that a pipeline file defines, as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.model.definition import definition
from pipeline_dsl.model.pipeline import Pipeline
from pipeline_dsl.model.types import ListOf
from pipeline_dsl.model.variant import Settings, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.model.stage import Stage


@definition
class Project(Settings):
    """What belongs to a whole project: its name, and settings that every variant shares.

    A pipeline file need not make one; its name is then that of the project's directory. Variants and
    pipelines that the file defines join its project by themselves.

    Example: ``Project("mathoid", base="debian:bookworm-slim")``
    """

    variants: ListOf[Variant] = ()
    """Its variants, in the order in which they were defined."""

    pipelines: ListOf[Pipeline] = ()
    """Its pipelines, in the order in which they were defined."""


def duplicates(project: Project) -> Iterator[Problem]:
    """Find variants, pipelines and stages of a pipeline that have the same name.

    Arguments:
        project: the project to look through.

    Yields:
        One problem for each that has the name of an earlier one, with both places.
    """
    yield from _duplicates("variant", project.variants)
    yield from _duplicates("pipeline", project.pipelines)
    for pipeline in project.pipelines:
        yield from _duplicates("stage", pipeline.stages, f' of pipeline "{pipeline.name}"')


def _duplicates(what: str, named: Iterable[Variant | Pipeline | Stage], where: str = "") -> Iterator[Problem]:
    first: dict[str, Variant | Pipeline | Stage] = {}
    for item in named:
        earlier = first.setdefault(item.name, item)
        if earlier is not item:
            message = f'{what} "{item.name}"{where} is defined twice, first at {earlier.at}.'
            yield Problem("duplicate-name", message, item.at, "Give one of them another name.")
