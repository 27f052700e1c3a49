"""Doubts: what is allowed in a variant and yet hardly meant."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import Python
from pipeline_dsl.resolve.merge import included
from pipeline_dsl.resolve.variants import built, sources, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.model import Project, Variant

_NEED_BASE = ("arguments", "apt", "node", "php", "python", "builder", "builders", "lives", "runs")
"""The settings that an image which starts from nothing ignores: ``spec/blubber.md`` §3.1."""


def doubts(project: Project, variants: Mapping[Variant, Variant]) -> Iterator[Problem]:
    """Find what is hardly meant, in variants that are more than something for others to include.

    Arguments:
        project: the project.
        variants: for each of its variants the same with all that it inherits.
    """
    included_ones = {one for variant in variants for one in variant.includes}
    used = {*built(project), *chain.from_iterable(map(sources, variants.values()))}
    for variant, whole in variants.items():
        if variant in used or variant not in included_ones:
            yield from _baseless(variant) if whole.base is None else _versionless(whole)


def _baseless(variant: Variant) -> Iterator[Problem]:
    layers = (*included(variant), variant)
    idle = [name for name in _NEED_BASE if any(getattr(layer, name) is not None for layer in layers)]
    if idle:
        has = "has" if len(idle) == 1 else "have"
        message = f'variant "{variant.name}" has no base, so that its {" and ".join(idle)} {has} no effect.'
        yield Problem("no-base", message, variant.at, 'Give it a base; base="scratch" if none is meant.')


def _versionless(whole: Variant) -> Iterator[Problem]:
    for step in steps(whole):
        if isinstance(step, Python) and step.requirements and step.version is None:
            message = (
                f'variant "{whole.name}" names no version of Python, so that its requirements have no effect.'
            )
            yield Problem("no-python-version", message, whole.at, 'Such as Python(version="python3", …).')
