"""Marks in a recipe, which stand for names that no key holds, in a form that can be read."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MARK = re.compile("\0([0-9]+)\0")
_COMMENT = re.compile("\0[0-9]+\0")
_START = re.compile("FROM \\S+ AS \0([0-9]+)\0")
_ORIGIN = re.compile("(?:^FROM |--from=|\\bfrom=)\0([0-9]+)\0")

_UNKNOWN = "«…»"


def recipe_lines(recipe: Iterable[str]) -> list[str]:
    """Give the lines of a recipe, without empty ones and comments."""
    lines = (line for block in recipe for line in block.split("\n"))
    return [line for line in lines if line and not _COMMENT.fullmatch(line)]


def legible(now: Sequence[str], before: Sequence[str], bases: Sequence[str]) -> tuple[list[str], list[str]]:
    """Put names in the place of marks.

    Marks are numbered as they come, so a stage more shifts all that follow. What has the same place in both
    recipes therefore gets the same name.

    Arguments:
        now: lines of the recipe.
        before: lines of the last one.
        bases: references of the existing images that it names, as they come.
    """
    names = _names(now, bases)
    last = {**_names(before, (), 1 + len(names)), **_shared(now, before, names)}
    return _named(now, names), _named(before, last)


def _names(lines: Sequence[str], bases: Sequence[str], first: int = 1) -> dict[str, str]:
    """Name the stages and images of a recipe by their marks' numbers."""
    marked = [line for line in lines if "\0" in line]
    stages = dict.fromkeys(mark[1] for line in marked if (mark := _START.match(line)))
    origins = dict.fromkeys(mark for line in marked for mark in _ORIGIN.findall(line))
    images = [mark for mark in origins if mark not in stages]
    known = {image: bases[index] for index, image in enumerate(images) if index < len(bases)}
    return {
        **{mark: f"«stage {number}»" for number, mark in enumerate(stages, first)},
        **{mark: known.get(mark, f"«image {number}»") for number, mark in enumerate(images, first)},
    }


def _shared(now: Sequence[str], before: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Name the marks of the last recipe that have a counterpart."""
    shared: dict[str, str] = {}
    taken: set[str] = set()
    for mark, last in _counterparts(now, before):
        if mark in names and mark not in taken and last not in shared:
            shared[last] = names[mark]
            taken.add(mark)
    return shared


def _counterparts(now: Sequence[str], before: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Pair marks that are in equal lines, those that begin a stage first."""
    bare = [[_replaced(line, lambda _: "\0") for line in lines] for lines in (now, before)]
    blocks = difflib.SequenceMatcher(None, bare[0], bare[1], autojunk=False).get_matching_blocks()
    equal = [(now[a + index], before[b + index]) for a, b, size in blocks for index in range(size)]
    marked = [pair for pair in equal if "\0" in pair[0]]
    for line, last in sorted(marked, key=lambda pair: not _START.match(pair[0])):
        yield from zip(_MARK.findall(line), _MARK.findall(last), strict=True)


def _named(lines: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return [_replaced(line, lambda mark: names.get(mark[1], _UNKNOWN)) for line in lines]


def _replaced(line: str, name: Callable[[re.Match[str]], str]) -> str:
    return _MARK.sub(name, line) if "\0" in line else line
