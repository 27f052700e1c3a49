"""The order in which things can be dealt with that build upon one another."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

_T = TypeVar("_T", bound="Hashable")


def foundations_first(tops: Iterable[_T], foundations: Callable[[_T], Sequence[_T]]) -> tuple[_T, ...]:
    """Give things and all that they build upon, directly or not.

    Depth first and from left to right, however deep. Does not end where things build upon one another in a
    circle.

    Arguments:
        tops: the things to start from.
        foundations: gives what one builds upon directly.

    Returns:
        Each after what it builds upon, and only once, where it is first met.
    """
    order: dict[_T, None] = {}
    ahead = list(tops)[::-1]
    while ahead:
        waiting = [one for one in foundations(ahead[-1]) if one not in order]
        if waiting and ahead[-1] not in order:
            ahead += waiting[::-1]
        else:
            order.setdefault(ahead.pop())
    return tuple(order)


def circle(graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Find names that need one another in a circle.

    Arguments:
        graph: what each name needs.

    Returns:
        Names of which each needs the next, the last one being the first again; none if there is no circle.
    """
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        found: list[str] = error.args[1]
        return tuple(reversed(found))
    return ()
