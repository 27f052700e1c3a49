"""Resolving a project: everything worked out, and everything that is wrong with it found at once."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.model.project import duplicates
from pipeline_dsl.resolve.defects import circular_variants, variant_defects
from pipeline_dsl.resolve.doubts import doubts
from pipeline_dsl.resolve.resolved import Resolved
from pipeline_dsl.resolve.stages import pipeline_defects, resolve_pipeline
from pipeline_dsl.resolve.variants import expand, needs, reachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.model import Project, Variant


def resolve(project: Project) -> Resolved:
    """Work a project out.

    Arguments:
        project: what its author wrote.

    Raises:
        DefinitionError: something in it is wrong; all that is wrong is named.
    """
    variants = reachable(project)
    expanded = {whole.name: expand(whole) for whole in variants.values()}
    needed = {name: needs(variant) for name, variant in expanded.items()}
    problems = (
        *duplicates(project),
        *_strangers(project, variants),
        *variant_defects(variants),
        *circular_variants(needed, expanded),
        *chain.from_iterable(map(pipeline_defects, project.pipelines)),
    )
    if problems:
        raise DefinitionError(problems)
    return Resolved(
        name=project.name,
        variants=expanded,
        needs=needed,
        pipelines=tuple(map(resolve_pipeline, project.pipelines)),
        warnings=tuple(doubts(project, variants)),
    )


def _strangers(project: Project, variants: Iterable[Variant]) -> Iterator[Problem]:
    """Find variants that are no part of the project, are referred to, and have the name of another one."""
    own = set(project.variants)
    first = {variant.name: variant for variant in reversed(project.variants)}
    for variant in variants:
        namesake = first.setdefault(variant.name, variant)
        if namesake is not variant and variant not in own:
            message = f'variant "{variant.name}" is defined twice, first at {namesake.at}.'
            yield Problem("duplicate-name", message, variant.at, "Give one of them another name.")
