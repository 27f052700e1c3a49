"""Values that differ: single ones, those by name, and lists of words."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons import wording
from pipeline_dsl.plan.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_dsl.cache.key import Json

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_FEW = 3
"""Arguments that are told one by one."""


def items(value: Json) -> Sequence[Json]:
    """Give the elements of a list; none for anything else."""
    return value if isinstance(value, list | tuple) else ()


def texts(value: Json) -> list[str]:
    """Give the elements of a list as text."""
    return [wording.as_text(item) for item in items(value)]


def mapping(value: Json) -> Mapping[str, Json]:
    """Give a mapping; an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def changed(component: str, subject: str, now: Json, before: Json) -> Reason:
    """Say that a value is another one.

    Arguments:
        component: the reason's component.
        subject: what has the value.
        now: the value.
        before: the last one.
    """
    one, other = wording.contrast(now, before)
    long = max(len(wording.as_text(value)) for value in (now, before)) > wording.LONGEST
    return Reason(component, f"{subject} is {one}, was {other}", now_and_last(now, before) if long else ())


def now_and_last(now: Json, before: Json) -> tuple[str, str]:
    """Give two values in full."""
    return (
        f"now:  {wording.quoted(wording.as_text(now))}",
        f"last: {wording.quoted(wording.as_text(before))}",
    )


def named(component: str, prefix: str, now: Json, before: Json) -> Iterator[Reason]:
    """Say what differs between values by name.

    Arguments:
        component: the reasons' component.
        prefix: what stands before a name, with its blank.
        now: the values.
        before: the last ones.
    """
    values, last = mapping(now), mapping(before)
    for name in {**values, **last}:
        subject = f"{prefix}{wording.quoted(name)}"
        if name not in last:
            yield Reason(component, f"{subject} is new: {wording.brief(values[name])}", _long(values[name]))
        elif name not in values:
            yield Reason(component, f"{subject} is gone, was {wording.brief(last[name])}", _long(last[name]))
        elif values[name] != last[name]:
            yield changed(component, subject, values[name], last[name])


def command(component: str, subject: str, now: Json, before: Json) -> Iterator[Reason]:
    """Say that a command is another one; it may be none, which is the image's own.

    Arguments:
        component: the reason's component.
        subject: what it is called.
        now: its words.
        before: the last ones.
    """
    full = _command(now), _command(before)
    one, other = wording.windows(*full)
    details = (f"now:  {full[0]}", f"last: {full[1]}") if (one, other) != full else ()
    yield Reason(component, f"{subject} is {one}, was {other}", details)


def arguments(component: str, now: Json, before: Json) -> Iterator[Reason]:
    """Say which words of a list of arguments are other ones.

    Arguments:
        component: the reasons' component.
        now: the arguments.
        before: the last ones.
    """
    one, other = texts(now), texts(before)
    common = min(len(one), len(other))
    differing = [index for index in range(common) if one[index] != other[index]]
    longer, verb = (one, "is new:") if len(one) > len(other) else (other, "is gone, was")
    surplus = longer[common:]
    if len(differing) + len(surplus) > _FEW or (differing and surplus):
        yield from _all_arguments(component, one, other)
        return
    for index in differing:
        yield changed(component, f"the {_ordinal(index)} argument", one[index], other[index])
    for index, word in enumerate(surplus, common):
        text = f"the {_ordinal(index)} argument {verb} {wording.brief(word)}"
        yield Reason(component, text, _long(word))


def _all_arguments(component: str, now: Sequence[str], before: Sequence[str]) -> Iterator[Reason]:
    full = wording.words(now), wording.words(before)
    one, other = wording.windows(*full)
    differences = (
        f"{_ordinal(index)}: {'none' if word is None else wording.quoted(word)}, "
        f"was {'none' if last is None else wording.quoted(last)}"
        for index, (word, last) in enumerate(itertools.zip_longest(now, before))
        if word != last
    )
    yield Reason(component, f"the arguments are {one}, were {other}", tuple(differences))


def _command(value: Json) -> str:
    return "the image's own" if value is None else wording.words(texts(value))


def _long(value: Json) -> tuple[str, ...]:
    text = wording.as_text(value)
    return (wording.quoted(text),) if len(text) > wording.LONGEST else ()


def _ordinal(index: int) -> str:
    if index < len(_ORDINALS):
        return _ORDINALS[index]
    number = index + 1
    teens = number // 10 % 10 == 1
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
