"""Bases that are explicitly none: ``base: ~``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.formats.yaml import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as AbstractMapping


class Bases:
    """Knows which variants inherit a base, which Blubber lets none of them cancel.

    Arguments:
        top: the base at the top level.
        variants: the variants by name.
        order: their names, each after those that it includes.
    """

    def __init__(self, top: Node | None, variants: AbstractMapping[str, Node], order: Iterable[str]) -> None:
        names = list(order)
        included = {name: [one for one in _included(variants[name]) if one in variants] for name in names}
        self._inheriting: dict[str, bool] = {}
        for name in names:
            self._inheriting[name] = _says(top) or any(
                self._inheriting[one] or _says(_base(variants[one])) for one in included[name]
            )
        self._concerned = dict(self._inheriting)
        for name in reversed(names):
            for one in included[name] if self._concerned[name] else ():
                self._concerned[one] = True

    def inherits(self, variant: str) -> bool:
        """Tell whether a variant inherits a base."""
        return self._inheriting[variant]

    def can_cancel(self, variant: str) -> bool:
        """Tell whether a variant can be given none as its base and nothing changes, for its heirs either."""
        return not self._concerned[variant]


def _base(variant: Node) -> Node | None:
    return variant.get("base") if isinstance(variant, Mapping) else None


def _says(base: Node | None) -> bool:
    return isinstance(base, Scalar) and bool(base.value)


def _included(variant: Node) -> list[str]:
    includes = variant.get("includes") if isinstance(variant, Mapping) else None
    items = includes.items if isinstance(includes, Sequence) else ()
    return [item.value for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
