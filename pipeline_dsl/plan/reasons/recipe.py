"""Which instructions of a recipe are other ones."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.plan.reasons import marks, wording
from pipeline_dsl.plan.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONGEST = 60
"""Characters of an instruction that are shown in a line."""

_IN_EVERY_STAGE = frozenset({"ARG", "HEALTHCHECK", "LABEL", "SHELL", "USER", "WORKDIR"})
"""Instructions that say little of what makes the difference."""


class _Difference(NamedTuple):
    """An instruction that is only in one of the recipes, or another one in each."""

    now: str
    before: str

    @property
    def word(self) -> str:
        """What kind of instruction it is."""
        return (self.now or self.before).partition(" ")[0]


def recipe_reasons(now: Sequence[str], before: Sequence[str], bases: Sequence[str]) -> tuple[Reason, ...]:
    """Say which instructions of a recipe are other ones.

    Arguments:
        now: the recipe, in lines or blocks of lines; with marks in the place of names.
        before: the last one.
        bases: references of the existing images that it names, as they come.
    """
    named = marks.legible(marks.recipe_lines(now), marks.recipe_lines(before), bases)
    lines, last = ([*map(wording.visible, one)] for one in named)
    if lines == last:
        return (Reason("recipe", "the recipe is written in another way"),)
    diff = difflib.unified_diff(last, lines, "last", "now", n=2, lineterm="")
    return (Reason("recipe", _headline(_instructions(lines), _instructions(last)), tuple(diff)),)


def _headline(now: Sequence[str], before: Sequence[str]) -> str:
    if sorted(now) == sorted(before):
        return "the recipe has its instructions in another order"
    differences = list(_differences(now, before))
    first = min(differences, key=lambda difference: difference.word in _IN_EVERY_STAGE)
    count = len(differences) - 1
    return f"{_sentence(first)}{f', and {count} more' if count else ''}"


def _sentence(difference: _Difference) -> str:
    now, before, word = difference.now, difference.before, difference.word
    if not before:
        return f"the recipe has a new {word} instruction: {wording.cut(now, _LONGEST)}"
    if not now:
        return f"the recipe has lost {_article(word)} {word} instruction: {wording.cut(before, _LONGEST)}"
    return f"the recipe has another {word} instruction: {_part(now, before)}"


def _article(word: str) -> str:
    return "an" if word[0] in "AEIO" else "a"


def _part(now: str, before: str) -> str:
    """Give an instruction, or of a long one the part that is another."""
    word, _, rest = now.partition(" ")
    return f"{word} {wording.windows(rest, before.partition(' ')[2], _LONGEST)[0]}"


def _instructions(lines: Sequence[str]) -> list[str]:
    """Give each instruction in one line; a stage begins with what it is made from, whatever it is called."""
    text = re.sub(r"[ \t]*\\\n[ \t]*", " ", "\n".join(lines))
    return [one.partition(" AS ")[0] if one.startswith("FROM ") else one for one in text.split("\n")]


def _differences(now: Sequence[str], before: Sequence[str]) -> Iterator[_Difference]:
    matcher = difflib.SequenceMatcher(None, before, now, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            yield from _paired(now[new_start:new_end], before[start:end])


def _paired(now: Sequence[str], before: Sequence[str]) -> Iterator[_Difference]:
    """Pair instructions of the same kind that stand in the same place."""
    left = list(before)
    for instruction in now:
        word = instruction.partition(" ")[0]
        last = next((one for one in left if one.partition(" ")[0] == word), "")
        if last:
            left.remove(last)
        yield _Difference(instruction, last)
    yield from (_Difference("", instruction) for instruction in left)
