"""Defects of variants that show only once all that they inherit has been merged into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import Builder
from pipeline_dsl.model.variant import says_something
from pipeline_dsl.resolve.order import circle
from pipeline_dsl.resolve.variants import steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.model import Variant
    from pipeline_dsl.resolve.resolved import ResolvedVariant


def variant_defects(variants: Mapping[Variant, Variant]) -> Iterator[Problem]:
    """Find what is wrong with variants.

    Arguments:
        variants: for each variant the same with all that it inherits; with those that it includes.

    Yields:
        Each problem with the first variant that has it, not with those that inherit it.
    """
    found = {variant: tuple(_defects(whole)) for variant, whole in variants.items()}
    for variant, problems in found.items():
        inherited = {problem.code for included in variant.includes for problem in found[included]}
        yield from (problem for problem in problems if problem.code not in inherited)


def circular_variants(
    needed: Mapping[str, tuple[str, ...]], variants: Mapping[str, ResolvedVariant]
) -> Iterator[Problem]:
    """Find variants that take files from themselves, directly or not.

    Arguments:
        needed: for each variant, the names of those that it takes files from.
        variants: all variants by name.
    """
    names = circle(needed)
    if names:
        circular = f"take files from one another in a circle, each from the next: {' → '.join(names)}"
        hint = "What the Project takes files from, every variant does, that one too."
        yield Problem("variant-cycle", f"variants {circular}.", variants[names[0]].at, hint)


def _defects(whole: Variant) -> Iterator[Problem]:
    alone = [name for name in ("node", "php", "python", "builder") if says_something(getattr(whole, name))]
    if whole.builders and alone:
        message = f'variant "{whole.name}": builders and {" and ".join(alone)} come together by inheritance.'
        yield Problem("exclusive-builders", message, whole.at, "Use builders=[…] for all, or for none.")
    custom = [builder for builder in steps(whole) if isinstance(builder, Builder)]
    if any(builder.command and builder.script for builder in custom):
        message = f'variant "{whole.name}": its builder has both a command and a script, by inheritance.'
        hint = "A script replaces an inherited command beside command=[]; a command cannot replace a script."
        yield Problem("exclusive-command", message, whole.at, hint)
