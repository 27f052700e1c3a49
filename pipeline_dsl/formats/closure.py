"""What comes before what, directly or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def closures(graph: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Give for each name all names that come before it.

    Arguments:
        graph: for each name those that come directly before it; each stands behind these.
    """
    before: dict[str, frozenset[str]] = {}
    for name, direct in graph.items():
        before[name] = frozenset().union(*(before[one] | {one} for one in direct))
    return before
