"""Hiding secret values in text, however they are spelt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.settings.spellings import spellings

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "***"
"""What stands where a secret value was."""


class Mask:
    """Hides values in text: as they are, line by line, in base64, in URLs, JSON and commands of a shell.

    A value of less than four characters is hidden, too, wherever these characters stand, but not in base64.
    Not seen are other encodings, compressed or encrypted text, and a value that is broken into lines where
    it has none.

    Arguments:
        values: what to hide; blank ones do not count.
    """

    def __init__(self, values: Iterable[str]) -> None:
        from ahocorasick_rs import AhoCorasick  # noqa: PLC0415 -- most runs have nothing to hide

        self._spellings = tuple({spelling for value in values for spelling in spellings(value)})
        self._automaton = AhoCorasick([spelling.text for spelling in self._spellings])

    def hide(self, text: str) -> str:
        """Give a text with ``***`` in the place of each value.

        Arguments:
            text: any number of lines.
        """
        try:
            found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # half a character, which stands for a byte that is no text
            readable = re.sub("[\ud800-\udfff]", "\ufffd", text)
            found = self._automaton.find_matches_as_indexes(readable, overlapping=True)
        return self._hidden(text, found) if found else text

    def _hidden(self, text: str, found: Iterable[tuple[int, int, int]]) -> str:
        pieces: list[str] = []
        done = 0
        for start, end in sorted(self._extent(text, *match) for match in found):
            if start >= done:
                pieces += [text[done:start], HIDDEN]
            done = max(done, end)
        return "".join([*pieces, text[done:]])

    def _extent(self, text: str, number: int, start: int, end: int) -> tuple[int, int]:
        """Take in the characters beside a match that depend on the value in part."""
        spelling = self._spellings[number]
        is_preceded = text[start - 1 : start] in spelling.before if start else False
        return start - is_preceded, end + (text[end : end + 1] in spelling.after)
