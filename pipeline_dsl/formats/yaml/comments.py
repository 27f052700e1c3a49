"""The comments of a YAML text, and what each is about."""

from __future__ import annotations

import dataclasses

import yaml


@dataclasses.dataclass(frozen=True)
class Comment:
    """A comment.

    Arguments:
        text: what it says, from its ``#`` on.
        line: the line that it stands in, counted from 1.
        about: the line that it is about: its own, if something stands before it there; else the next
            one that holds anything, or 0 after all of them.
    """

    text: str
    line: int
    about: int


def comments(text: str) -> tuple[Comment, ...]:
    """Find the comments of a YAML text, which has to be well-formed.

    Arguments:
        text: the text.
    """
    lines = text.splitlines()
    found: dict[int, str] = {}
    occupied: set[int] = set()
    end_line, end_column = 0, 0
    for start, end in _tokens(text):
        _search(lines, (end_line, end_column), start, found)
        occupied.update(range(start[0], end[0] + (end[1] > 0 or end[0] == start[0])))
        end_line, end_column = end
    _search(lines, (end_line, end_column), (len(lines), 0), found)
    return tuple(
        Comment(words, line + 1, _subject(line, occupied) + 1) for line, words in sorted(found.items())
    )


def _tokens(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give where each token with an extent starts and ends."""
    marks = [
        ((token.start_mark.line, token.start_mark.column), (token.end_mark.line, token.end_mark.column))
        for token in yaml.scan(text, Loader=yaml.CSafeLoader)
    ]
    return [(start, end) for start, end in marks if start != end]


def _search(lines: list[str], start: tuple[int, int], end: tuple[int, int], found: dict[int, str]) -> None:
    """Look for comments between two tokens, where a ``#`` can be nothing else."""
    for number in range(start[0], min(end[0] + 1, len(lines))):
        first = start[1] if number == start[0] else 0
        last = end[1] if number == end[0] else len(lines[number])
        _, mark, words = lines[number][first:last].partition("#")
        if mark:
            found[number] = f"#{words}".rstrip()


def _subject(line: int, occupied: set[int]) -> int:
    return min((one for one in occupied if one >= line), default=-1)
