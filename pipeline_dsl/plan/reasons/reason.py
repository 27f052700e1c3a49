"""A reason, and many of them in one line."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 100
"""Characters of a summary that still fit behind a step."""

_MOST_TELLING = ("record", "scheme", "engine", "files", "recipe", "base", "argument", "platform")
_INSIDE_IMAGE = frozenset({"files", "recipe", "base", "argument", "platform"})
"""What makes an image another one; where it is told, it need not be told that the image is."""


@dataclasses.dataclass(frozen=True)
class Reason:
    """One thing that is not as it was.

    Arguments:
        component: what it is about, in one word: ``files``, ``recipe``, ``base``, ``argument`` (of a build),
            ``platform``; ``image``, ``command`` (its arguments included), ``environment``, ``credential``,
            ``memory``, ``cpus``, ``tail``, ``copy``, ``service``; ``name``, ``tag``, ``registry``;
            ``record`` where there is nothing to compare with, ``scheme`` where that means something else,
            ``engine`` where only the engine has changed. A later component has its own name.
        text: one line, without a full stop.
        details: all that there is to say, in lines; nothing where the text says it all.
    """

    component: str
    text: str
    details: tuple[str, ...] = ()


def gone(where: str) -> Reason:
    """Say that what the record promises is not there any more.

    Arguments:
        where: where it should be, such as ``the engine``.
    """
    return Reason("engine", f"its image is gone from {where}")


def summary(reasons: Iterable[Reason]) -> str:
    """Say all of it in one line: the most telling first, and how many more there are where it gets long.

    Arguments:
        reasons: the reasons, in any order.

    Returns:
        The line; empty where there is no reason.
    """
    ordered = sorted(reasons, key=_rank)
    if any(reason.component in _INSIDE_IMAGE for reason in ordered):
        ordered = [reason for reason in ordered if reason.component != "image"]
    texts = list(dict.fromkeys(reason.text for reason in ordered))
    shown = "; ".join(texts[:1])
    for count, text in enumerate(texts[1:], 1):
        if len(f"{shown}; {text}") > _LONGEST:
            return f"{shown}, and {len(texts) - count} more"
        shown = f"{shown}; {text}"
    return shown


def _rank(reason: Reason) -> int:
    known = reason.component in _MOST_TELLING
    return _MOST_TELLING.index(reason.component) if known else len(_MOST_TELLING)
