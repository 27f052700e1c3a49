"""Which base images are other ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons import wording
from pipeline_dsl.plan.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def base_reasons(
    now: Sequence[str], before: Sequence[str], names: Sequence[str], earlier: Sequence[str]
) -> Iterator[Reason]:
    """Say which base images are other ones.

    Arguments:
        now: their digests.
        before: the last ones.
        names: their references.
        earlier: the last ones'; nothing if nobody remembers.
    """
    if len(names) != len(now):
        return
    if len(earlier) == len(before):
        yield from _by_name(dict(zip(names, now, strict=True)), dict(zip(earlier, before, strict=True)))
    elif len(now) == len(before):
        yield from _by_place(now, before, names)
    else:
        yield from _by_digest(now, before, names)


def _by_name(now: dict[str, str], before: dict[str, str]) -> Iterator[Reason]:
    new = [name for name in now if name not in before]
    absent = [name for name in before if name not in now]
    for name, digest in now.items():
        if digest != before.get(name, digest):
            yield _renewed(name, digest, before[name])
    if len(new) == len(absent) == 1:
        yield _exchanged(new[0], absent[0], now[new[0]], before[absent[0]])
        return
    yield from (_reason(name, "is new", f"now:  {now[name]}") for name in new)
    yield from (_reason(name, "is gone", f"last: {before[name]}") for name in absent)


def _by_place(now: Sequence[str], before: Sequence[str], names: Sequence[str]) -> Iterator[Reason]:
    if sorted(now) == sorted(before):
        yield Reason("base", "the base images come in another order")
        return
    for digest, last, name in zip(now, before, names, strict=True):
        if digest != last:
            yield _renewed(name, digest, last)


def _by_digest(now: Sequence[str], before: Sequence[str], names: Sequence[str]) -> Iterator[Reason]:
    for digest, name in zip(now, names, strict=True):
        if digest not in before:
            yield _reason(name, "is new or has a new digest", f"now:  {digest}")
    for digest in before:
        if digest not in now:
            text = "a base image is gone or has a new digest"
            yield Reason("base", text, (f"last: {wording.visible(digest)}",))


def _renewed(name: str, digest: str, last: str) -> Reason:
    return _reason(name, "has a new digest", f"now:  {digest}", f"last: {last}")


def _exchanged(name: str, last: str, digest: str, last_digest: str) -> Reason:
    one, other = wording.reference(name), wording.reference(last)
    if one == other:
        one, other = wording.contrast(name, last)
    details = (f"now:  {name} {digest}", f"last: {last} {last_digest}")
    return Reason("base", f"the base image is {one}, was {other}", tuple(map(wording.visible, details)))


def _reason(name: str, what: str, *details: str) -> Reason:
    shown = wording.reference(name)
    full = (name,) if shown != name else ()
    return Reason("base", f"the base image {shown} {what}", tuple(map(wording.visible, (*full, *details))))
