"""Which files of the build context an image takes."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.context.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN_DIRECTORY = ".pipeline-dsl"
"""Directory of the build context that holds what is not the author's, such as the Dockerfile."""


class Selections:
    """Keeps account of what the instructions of a Dockerfile take from the build context."""

    def __init__(self) -> None:
        self._made: dict[tuple[tuple[str, ...], tuple[str, ...]], Selection] = {}

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
        selection = self._made.setdefault((clean, exclude), self._new(clean, exclude))
        if not selection.prefix:
            return clean
        return tuple(selection.prefix + ("/" if path == "." else f"/{path}") for path in clean)

    def _new(self, sources: tuple[str, ...], exclude: tuple[str, ...]) -> Selection:
        if sources == (".",) and not exclude:
            return Selection(sources, prefix=f"{OWN_DIRECTORY}/context")
        moved = exclude or any(map(_takes_own_directory, sources))
        prefix = f"{OWN_DIRECTORY}/files-{len(self._made) + 1}" if moved else ""
        return Selection(sources, exclude, prefix)


def _takes_own_directory(source: str) -> bool:
    """Tell whether a source is everything, or may be by its wildcards."""
    top = source.partition("/")[0]
    return top == "." or "[" in top or "\\" in top or fnmatch.fnmatchcase(OWN_DIRECTORY, top)
