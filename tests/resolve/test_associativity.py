"""Merging is associative: settings can be gathered in shared variants without changing what comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given

from pipeline_dsl.model import Project, Variant
from pipeline_dsl.model.definition import amended, fields
from pipeline_dsl.model.variant import says_something
from pipeline_dsl.resolve.merge import Inheritance, packages_by_release
from tests.formats.strategies import projects

if TYPE_CHECKING:
    from collections.abc import Iterable


def gathered(variants: Iterable[Variant]) -> Variant:
    """One variant with what several add up to."""
    return Inheritance(Project("p")).merged(Variant("all", includes=list(variants)))


def has_own_builder(variant: Variant) -> bool:
    """Tell whether a variant builds without ``builders``; with them, too, none may."""
    return any(says_something(one) for one in (variant.node, variant.php, variant.python, variant.builder))


def said(variant: Variant) -> dict[str, object]:
    values = {field.name: getattr(variant, field.name) for field in fields(Variant)}
    return values | {
        "apt": variant.apt and (packages_by_release(variant.apt), variant.apt.sources, variant.apt.proxies)
    }


@given(projects())
def test_it_does_not_matter_which_settings_are_gathered_first(project: Project) -> None:
    assume(project.variants)
    names = ("first", "second", "third")
    found = (project.variants[number % len(project.variants)] for number in range(3))
    alone = [amended(one, name=name, includes=()) for name, one in zip(names, found, strict=True)]
    assume(not (any(one.builders for one in alone) and any(has_own_builder(one) for one in alone)))
    first, second, third = alone
    flat = said(gathered([first, second, third]))
    assert said(gathered([gathered([first, second]), third])) == flat
    assert said(gathered([first, gathered([second, third])])) == flat
