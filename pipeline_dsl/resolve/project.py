"""Resolving a project: everything worked out, and everything that is wrong with it found at once."""

from __future__ import annotations

import functools
from itertools import chain
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.model.project import duplicates
from pipeline_dsl.resolve.defects import circular_variants, variant_defects
from pipeline_dsl.resolve.doubts import doubts
from pipeline_dsl.resolve.order import foundations_first
from pipeline_dsl.resolve.pipelines import resolve_pipeline
from pipeline_dsl.resolve.resolved import Resolved
from pipeline_dsl.resolve.strings import variant_references
from pipeline_dsl.resolve.variants import expand, needs, reachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.model import Project, Variant
    from pipeline_dsl.resolve.expressions import Expression


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

    own = {name: found for name, one in expanded.items() if (found := tuple(variant_references(one)))}

    @functools.cache
    def references(name: str) -> tuple[Expression, ...]:
        closure = foundations_first([name], lambda one: needed.get(one, ())) if own else ()
        return tuple(chain.from_iterable(own.get(one, ()) for one in closure))

    problems = [
        *duplicates(project),
        *_strangers(project, variants),
        *variant_defects(variants),
        *circular_variants(needed, expanded),
    ]
    is_acyclic = not any(problem.code == "variant-cycle" for problem in problems)
    pipelines = [resolve_pipeline(one, references) for one in project.pipelines] if is_acyclic else []
    problems += chain.from_iterable(found for _, found in pipelines)
    if problems:
        raise DefinitionError(problems)
    return Resolved(
        name=project.name,
        variants=expanded,
        needs=needed,
        pipelines=tuple(pipeline for pipeline, _ in pipelines if pipeline),
        warnings=tuple(doubts(project, variants)),
        referring=frozenset(own),
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
