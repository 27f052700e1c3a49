"""Proving that two forms of a project mean the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.comparison import difference, pipeline_differences
from pipeline_dsl.formats.plain import plain
from pipeline_dsl.image import recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.errors import Problem
    from pipeline_dsl.formats.plain import Plain
    from pipeline_dsl.resolve import Resolved, ResolvedVariant

DEFECT = "This is a defect of the conversion, please report it."
"""What to do about a difference that a conversion has made by itself."""


def prove(original: Resolved, converted: Resolved, hint: str = DEFECT) -> None:
    """Make sure that a conversion has changed nothing: variants, their recipes and pipelines are the same.

    Arguments:
        original: the project before.
        converted: the project after.
        hint: what to do about a difference.

    Raises:
        DefinitionError: something differs; each problem shows what, as a diff.
    """
    problems = list(_variant_differences(original, converted, _names(original, converted), hint))
    problems += pipeline_differences(original.pipelines, converted.pipelines, hint)
    if problems:
        raise DefinitionError(problems)


def prove_variants(
    original: Resolved, converted: Resolved, hint: str = DEFECT, names: Iterable[str] | None = None
) -> None:
    """Make sure that variants and their recipes are the same.

    Arguments:
        original: the project before.
        converted: the project after.
        hint: what to do about a difference.
        names: the variants to look at; all if left out.

    Raises:
        DefinitionError: something differs; each problem shows what, as a diff.
    """
    chosen = _names(original, converted) if names is None else names
    problems = list(_variant_differences(original, converted, chosen, hint))
    if problems:
        raise DefinitionError(problems)


def _names(original: Resolved, converted: Resolved) -> Iterable[str]:
    return {**original.variants, **converted.variants}


def _variant_differences(
    original: Resolved, converted: Resolved, names: Iterable[str], hint: str
) -> Iterator[Problem]:
    for name in names:
        before, after = account(name, original), account(name, converted)
        if before != after:
            at = original.variants[name].at if before else converted.variants[name].at
            yield difference(f'variant "{name}"', before, after, at, hint)


def account(name: str, resolved: Resolved) -> list[str]:
    """Give all that is known of a variant and of its recipe, as lines; none if there is no such variant."""
    variant = resolved.variants.get(name)
    if variant is None:
        return []
    steps = [_step(instruction) for instruction in recipe(variant, resolved.variants).instructions]
    return json.dumps(_settings(variant), indent=1, ensure_ascii=False).splitlines() + steps


def _settings(variant: ResolvedVariant) -> Plain:
    settings = plain(variant)
    if isinstance(settings, dict):
        del settings["at"]
    return settings


def _step(instruction: object) -> str:
    return f"{type(instruction).__name__} {json.dumps(plain(instruction), ensure_ascii=False)}"
