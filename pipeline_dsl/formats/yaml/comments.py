"""The comments of a YAML text, and what each is about."""

from __future__ import annotations

import bisect
import contextlib
import dataclasses
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Comment:
    """A comment.

    Arguments:
        text: what it says, from its ``#`` on.
        line: the line that it stands in, counted from 1.
        about: the line that it is about, or 0 at the end of the text. It is the comment's own line, if
            something stands before it there; else the next one that holds anything, unless that is
            indented less than the comment.
        is_below: whether it stands below what it is about, and not above or beside it.
    """

    text: str
    line: int
    about: int
    is_below: bool = False


def comments(text: str) -> tuple[Comment, ...]:
    """Find the comments of the first document of a YAML text, which has to be well-formed.

    Arguments:
        text: the text.
    """
    scan = _Scan(text.removeprefix("\ufeff"))
    return tuple(scan.comments())


class _Scan:
    """Looks for comments between tokens, where a ``#`` can be nothing else."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._columns: dict[int, int] = {}
        """For each line with a token the column of its first one."""
        self._found: dict[int, int] = {}
        """For each line with a comment the column of its ``#``."""
        line, column = 0, 0
        for token in _tokens(text):
            if isinstance(token, yaml.DocumentStartToken) and self._columns:
                del self._lines[token.start_mark.line :]
                break
            self._search(line, column, token.start_mark.line, token.start_mark.column)
            line, column = token.end_mark.line, token.end_mark.column
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                self._search_header(token.start_mark)
            self._occupy(token)
        self._search(line, column, len(self._lines), 0)

    def comments(self) -> Iterator[Comment]:
        occupied = sorted(self._columns)
        outline: list[tuple[int, int]] = []  # the columns and lines that what follows can be indented under
        for line in sorted({*occupied, *self._found}):
            if line in self._columns:
                _enter(outline, self._columns[line], line)
            if line in self._found:
                following = occupied[bisect.bisect_left(occupied, line) :][:1]
                yield self._comment(line, following, outline)

    def _comment(self, line: int, following: list[int], outline: list[tuple[int, int]]) -> Comment:
        column = self._found[line]
        text = self._lines[line][column:].rstrip()
        for about in following:
            if about == line or self._columns[about] >= column:
                return Comment(text, line + 1, about + 1)
        above = bisect.bisect_right(outline, (column, line))
        if above and column > 0:
            return Comment(text, line + 1, outline[above - 1][1] + 1, is_below=True)
        return Comment(text, line + 1, following[0] + 1 if following else 0)

    def _occupy(self, token: yaml.Token) -> None:
        start, end = token.start_mark, token.end_mark
        last = end.line if end.column > 0 else max(start.line, end.line - 1)
        for line in range(start.line, last + 1):
            self._columns.setdefault(line, start.column)

    def _search(self, line: int, column: int, last_line: int, last_column: int) -> None:
        for number in range(line, min(last_line + 1, len(self._lines))):
            end = last_column if number == last_line else len(self._lines[number])
            self._note(number, self._lines[number].find("#", column if number == line else 0, end))

    def _search_header(self, mark: yaml.Mark) -> None:
        """Look behind the ``|`` that starts a block."""
        self._note(mark.line, self._lines[mark.line].find("#", mark.column))

    def _note(self, line: int, column: int) -> None:
        if column >= 0:
            self._found[line] = column


def _enter(outline: list[tuple[int, int]], column: int, line: int) -> None:
    """Put a line into an outline; what is indented as much or more is over."""
    while outline and outline[-1][0] >= column:
        outline.pop()
    outline.append((column, line))


def _tokens(text: str) -> Iterator[yaml.Token]:
    """Give those tokens that have an extent."""
    with contextlib.suppress(yaml.YAMLError):  # in a later document, of which nothing is read
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            start, end = token.start_mark, token.end_mark
            if (start.line, start.column) != (end.line, end.column):
                yield token
