"""Merging what a variant inherits into it, by the rules of ``spec/blubber.md`` §2.2."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline_dsl.model import Apt, Builder, Variant
from pipeline_dsl.model.artifacts import as_copy
from pipeline_dsl.model.definition import Definition, amended, fields
from pipeline_dsl.resolve.order import foundations_first

if TYPE_CHECKING:
    from pipeline_dsl.model.artifacts import CopiedFiles
    from pipeline_dsl.model.builders import AnyBuilder
    from pipeline_dsl.model.variant import Settings

_Definition = TypeVar("_Definition", bound=Definition)


class Inheritance:
    """Merges all that variants inherit into them. Remembers each, for those that include it.

    Arguments:
        defaults: settings that lie under those of every variant, such as a project's.
    """

    def __init__(self, defaults: Settings) -> None:
        self._defaults = defaults
        self._merged: dict[Variant, Variant] = {}

    def merged(self, variant: Variant) -> Variant:
        """Merge all that a variant inherits into it.

        Returns:
            A variant of the same name and place that includes nothing.
        """
        if variant not in self._merged:
            for heir in foundations_first([variant], self._unmerged):
                self._merged[heir] = _flattened(heir, (*self._inherited(heir), heir))
        return self._merged[variant]

    def _unmerged(self, variant: Variant) -> tuple[Variant, ...]:
        return tuple(one for one in variant.includes[:1] if one not in self._merged)

    def _inherited(self, variant: Variant) -> tuple[Settings, ...]:
        """Give the layers below a variant; the lowest is what it includes first, with all that is below that.

        A long chain of variants is thus merged link by link, and not from its start for each.
        """
        if not variant.includes:
            return (self._defaults,)
        first, *others = variant.includes
        above: tuple[Variant, ...] = ()
        if others:
            order = included(variant)
            above = order[order.index(first) + 1 :]
        return (self._merged[first], *above)


def included(variant: Variant) -> tuple[Variant, ...]:
    """Give all variants that one includes, directly or not, in the order in which they are merged.

    Each comes after those that it includes itself, and only once, where it is first met.
    """
    return foundations_first(variant.includes, lambda one: one.includes)


def overlay(old: _Definition, new: _Definition) -> _Definition:
    """Lay one definition over another of its class.

    Arguments:
        old: the weaker one.
        new: the stronger one; what it leaves at None comes from the weaker one.
    """
    names = [field.name for field in fields(type(old))]
    return amended(new, **{name: _laid_over(getattr(old, name), getattr(new, name)) for name in names})


def packages_by_release(apt: Apt) -> dict[str, tuple[str, ...]]:
    """Spell out the short form of apt's packages; a release of which nothing is wanted is none."""
    if isinstance(apt.packages, Mapping):
        return {release: tuple(names) for release, names in apt.packages.items() if names}
    return {"default": tuple(apt.packages)} if apt.packages else {}


def _flattened(variant: Variant, layers: tuple[Settings, ...]) -> Variant:
    values = {field.name: _merge_field(field.name, layers) for field in fields(Variant)}
    return amended(variant, **values | {"name": variant.name, "includes": ()})


def _merge_field(name: str, layers: Iterable[Settings]) -> object:
    values = [value for layer in layers if (value := getattr(layer, name, None)) is not None]
    return functools.reduce(_JOINS.get(name, _laid_over), values) if values else None


def _laid_over(old: object, new: object) -> object:
    if new is None or old is None:
        return old if new is None else new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **new}
    if isinstance(old, Definition) and isinstance(new, Definition):
        return overlay(old, new)
    return new


def _join_apt(old: Apt, new: Apt) -> Apt:
    packages = packages_by_release(old)
    for release, names in packages_by_release(new).items():
        packages[release] = packages.get(release, ()) + names
    return amended(
        new,
        packages=packages,
        sources=(*old.sources, *new.sources),
        proxies=(*old.proxies, *new.proxies),
    )


def _join_builders(old: tuple[AnyBuilder, ...], new: tuple[AnyBuilder, ...]) -> tuple[AnyBuilder, ...]:
    """Merge package managers kind by kind, at the stronger list's place; keep all custom builders."""
    weaker: dict[type[AnyBuilder], AnyBuilder] = {
        type(builder): builder for builder in old if not isinstance(builder, Builder)
    }
    renewed = {type(builder) for builder in new if not isinstance(builder, Builder)}
    kept = tuple(builder for builder in old if type(builder) not in renewed)
    return kept + tuple(
        overlay(weaker[type(builder)], builder) if type(builder) in weaker else builder for builder in new
    )


def _join_copies(old: tuple[CopiedFiles, ...], new: tuple[CopiedFiles, ...]) -> tuple[CopiedFiles, ...]:
    """String copies together; one that is repeated moves to the end."""
    if not (old and new):
        return old or new
    replaced = [as_copy(files) for files in new]
    return tuple(files for files in old if as_copy(files) not in replaced) + new


_JOINS = cast(
    "Mapping[str, Callable[[object, object], object]]",
    {"apt": _join_apt, "builders": _join_builders, "copies": _join_copies},
)
"""How fields are merged of which the strongest layer's value is not simply laid over the others'."""
