"""Which files of the build context an image takes."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.context.selection import Selection
from pipeline_dsl.context.wildcard import has_wildcard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN_DIRECTORY = ".pipeline-dsl"
"""Directory of the build context that holds what is not the author's, such as the Dockerfile."""


class Selections:
    """Keeps account of what the instructions of a Dockerfile take from the build context."""

    def __init__(self) -> None:
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...]], Selection] = {}
        self._mounted: set[str] = set()

    def __iter__(self) -> Iterator[Selection]:
        return iter(self._made.values())

    def select(self, sources: Iterable[str], exclude: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Have files sent with the context.

        They are sent in their own places, unless some are to be left out, or what is not the author's
        would be among them.

        Arguments:
            sources: paths as an author writes them.
            exclude: patterns of files to leave out.

        Returns:
            Where an instruction finds them, in the same order.
        """
        clean = tuple(posixpath.normpath(f"/{source}").lstrip("/") or "." for source in sources)
        return _places(self._made.setdefault((clean, exclude), self._new(clean, exclude)))

    def mount(self, source: str) -> str:
        """Have a file or a directory sent that is seen while a command runs; say where it is found."""
        (place,) = self.select((source,))
        self._mounted.add(place)
        return place.rstrip("/")

    @property
    def divisible(self) -> tuple[str, ...]:
        """What may be divided, if it is a directory: it is copied, and nothing else takes a part of it.

        Links may lead from one thing that is sent in its own place into another.
        """
        in_place = sum(not selection.prefix for selection in self)
        places = (
            place
            for selection in self
            if selection.prefix or in_place == 1
            for place in _places(selection)
            if len(selection.sources) == 1 and place not in self._mounted and not has_wildcard(place)
        )
        return tuple(place.rstrip("/") for place in places)

    def _new(self, sources: tuple[str, ...], exclude: tuple[str, ...]) -> Selection:
        if sources == (".",) and not exclude:
            return Selection(sources, prefix=f"{OWN_DIRECTORY}/context")
        moved = exclude or any(map(_takes_own_directory, sources))
        prefix = f"{OWN_DIRECTORY}/files-{len(self._made) + 1}" if moved else ""
        return Selection(sources, exclude, prefix)


def _places(selection: Selection) -> tuple[str, ...]:
    if not selection.prefix:
        return selection.sources
    return tuple(selection.prefix + ("/" if path == "." else f"/{path}") for path in selection.sources)


def _takes_own_directory(source: str) -> bool:
    """Tell whether a source is everything, or may be by its wildcards."""
    top = source.partition("/")[0]
    return top == "." or "[" in top or "\\" in top or fnmatch.fnmatchcase(OWN_DIRECTORY, top)
