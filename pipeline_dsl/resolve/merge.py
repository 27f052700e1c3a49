"""Merging what a variant inherits into it, by the rules of ``spec/blubber.md`` §2.2."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline_dsl.model import Apt, Builder, Variant
from pipeline_dsl.model.artifacts import as_copy
from pipeline_dsl.model.definition import Definition, amended

if TYPE_CHECKING:
    from pipeline_dsl.model import Copy
    from pipeline_dsl.model.builders import AnyBuilder
    from pipeline_dsl.model.variant import Settings

_Definition = TypeVar("_Definition", bound=Definition)


def merged(variant: Variant, defaults: Settings) -> Variant:
    """Merge all that a variant inherits into it.

    Arguments:
        variant: the variant.
        defaults: settings that lie under those of every variant, such as a project's.

    Returns:
        A variant of the same name and place that includes nothing.
    """
    layers = (defaults, *included(variant), variant)
    values = {name: _merge_field(name, layers) for name in _field_names(variant)}
    return amended(variant, **values | {"name": variant.name, "includes": ()})


def included(variant: Variant) -> tuple[Variant, ...]:
    """Give all variants that one includes, directly or not.

    Each comes after those that it includes itself, and only once, where it is first met.
    """
    order: dict[Variant, None] = {}

    def visit(variants: Iterable[Variant]) -> None:
        for one in variants:
            if one not in order:
                visit(one.includes)
                order.setdefault(one)

    visit(variant.includes)
    return tuple(order)


def overlay(old: _Definition, new: _Definition) -> _Definition:
    """Lay one definition over another of its class.

    Arguments:
        old: the weaker one.
        new: the stronger one; what it leaves at None comes from the weaker one.
    """
    names = _field_names(old)
    return amended(new, **{name: _laid_over(getattr(old, name), getattr(new, name)) for name in names})


def packages_by_release(apt: Apt) -> dict[str, tuple[str, ...]]:
    """Spell out the short form of apt's packages."""
    if isinstance(apt.packages, Mapping):
        return {release: tuple(names) for release, names in apt.packages.items()}
    return {"default": tuple(apt.packages)} if apt.packages else {}


def _field_names(definition: Definition) -> list[str]:
    return [field.name for field in dataclasses.fields(definition)]  # type: ignore[arg-type]  # all are dataclasses


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


def _join_copies(old: tuple[Copy, ...], new: tuple[Copy, ...]) -> tuple[Copy, ...]:
    """String copies together; one that is repeated moves to the end."""
    replaced = [as_copy(files) for files in new]
    return tuple(files for files in old if as_copy(files) not in replaced) + new


_JOINS = cast(
    "Mapping[str, Callable[[object, object], object]]",
    {"apt": _join_apt, "builders": _join_builders, "copies": _join_copies},
)
"""How fields are merged of which the strongest layer's value is not simply laid over the others'."""
