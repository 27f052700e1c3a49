"""The comments of files that are rewritten: which statement of the new file each belongs to."""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.reading import Comments
    from pipeline_dsl.formats.yaml import Comment

_NEEDS_BLANK = re.compile(r"#(?![ !:#']|$)\s*")
"""The start of a comment that ``ruff format`` puts a blank into."""


class Remarks:
    """Gives out the comments of files, each once.

    A statement of the new file owns parts of the old ones, each from a line on to the next part. It gets the
    comments of its own parts only, even where it uses what an anchor in another part stands for.

    Arguments:
        comments: the comments of each file.
        parts: for each file, and each line where a part of it starts, the name of the statement that owns it.
    """

    def __init__(self, comments: Comments, parts: Mapping[str, Mapping[int, str]]) -> None:
        self._files = {file: number for number, file in enumerate(comments)}
        self._rest: dict[str, dict[tuple[int, int], list[Comment]]] = {}
        for file, found in comments.items():
            owners = parts.get(file, {})
            starts = sorted(owners)
            for comment in found:
                part = bisect.bisect_right(starts, comment.about) - 1
                owner = owners[starts[part]] if part >= 0 and comment.about else END
                place = (self._files[file], comment.about)
                self._rest.setdefault(owner, {}).setdefault(place, []).append(comment)

    def take(self, owner: str, at: Position) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the comments about a line: those that stand above or beside it, and those below."""
        return self._take(owner, (self._files.get(at.file, -1), at.line))

    def take_up_to(self, owner: str, at: Position) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the comments about a line and about all lines before it in its file."""
        file = self._files.get(at.file, -1)
        places = sorted(one for one in self._rest.get(owner, {}) if one[0] == file and one[1] <= at.line)
        found = [self._take(owner, one) for one in places]
        above = tuple(text for texts, _ in found for text in texts)
        return above, tuple(text for _, texts in found for text in texts)

    def take_rest(self, owner: str) -> tuple[str, ...]:
        """Give all comments that a statement owns and has not got yet."""
        rest = self._rest.pop(owner, {})
        return tuple(_formatted(one) for place in sorted(rest) for one in rest[place])

    def _take(self, owner: str, place: tuple[int, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = self._rest.get(owner, {}).pop(place, [])
        above = tuple(_formatted(one) for one in found if not one.is_below)
        return above, tuple(_formatted(one) for one in found if one.is_below)


END = "\n"
"""The owner of what follows the last statement; no variant is called so."""


def _formatted(comment: Comment) -> str:
    return _NEEDS_BLANK.sub("# ", comment.text, count=1)
