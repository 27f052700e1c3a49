"""What a Dockerfile holds that is only a name: of no consequence to the image that comes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = re.compile("\0([0-9]+)\0")


class Naming:
    """Gives marks for names of stages, comments and the like.

    While a Dockerfile is written, a mark stands in the place of each. So two Dockerfiles differ in their
    lines if, and only if, they differ in more than names. A mark holds a character that no command line,
    environment variable or path can hold.
    """

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, by the numbers of their marks."""
        return tuple(self._marks)

    def mark(self, name: str) -> str:
        """Give what stands for a name."""
        return self._marks.setdefault(name, f"\0{len(self._marks)}\0")


def named(text: str, names: Sequence[str]) -> str:
    """Put names in the place of their marks."""
    return _MARK.sub(lambda mark: names[int(mark[1])], text)
