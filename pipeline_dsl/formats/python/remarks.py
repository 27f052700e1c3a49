"""The comments of a file that is rewritten: which statement of the new file each belongs to."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.formats.yaml import Comment

_NEEDS_BLANK = re.compile(r"#(?![ !:#']|$)\s*")
"""The start of a comment that ``ruff format`` puts a blank into."""


class Remarks:
    """Gives out the comments of a file, each once.

    A statement of the new file owns a part of the old one, from a line on to the next part. It gets the
    comments of its own part only, even where it uses what an anchor in another part stands for.

    Arguments:
        comments: the comments.
        parts: for each line where a part of the old file starts, the name of the statement that owns it.
    """

    def __init__(self, comments: Iterable[Comment], parts: Mapping[int, str]) -> None:
        starts = sorted(parts)
        self._rest: dict[str, dict[int, list[Comment]]] = {}
        for comment in comments:
            part = bisect.bisect_right(starts, comment.about) - 1
            owner = parts[starts[part]] if part >= 0 and comment.about else END
            self._rest.setdefault(owner, {}).setdefault(comment.about, []).append(comment)

    def take(self, owner: str, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the comments about a line: those that stand above or beside it, and those below."""
        found = self._rest.get(owner, {}).pop(line, [])
        above = tuple(_formatted(one) for one in found if not one.is_below)
        return above, tuple(_formatted(one) for one in found if one.is_below)

    def take_up_to(self, owner: str, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the comments about a line and about all lines before it."""
        lines = sorted(one for one in self._rest.get(owner, {}) if one <= line)
        found = [self.take(owner, one) for one in lines]
        above = tuple(text for texts, _ in found for text in texts)
        return above, tuple(text for _, texts in found for text in texts)

    def take_rest(self, owner: str) -> tuple[str, ...]:
        """Give all comments that a statement owns and has not got yet."""
        rest = self._rest.pop(owner, {})
        return tuple(_formatted(one) for line in sorted(rest) for one in rest[line])


END = "\n"
"""The owner of what follows the last statement; no variant is called so."""


def _formatted(comment: Comment) -> str:
    return _NEEDS_BLANK.sub("# ", comment.text, count=1)
