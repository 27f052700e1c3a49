"""An explanation of what would become of a stage: each step with all that there is to say of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Explained:
    """A step, and why it would be done or not.

    Arguments:
        what: its kind and title.
        state: what would become of it.
        reasons: each in a line, with further lines.
        facts: what else is known, by name.
    """

    what: str
    state: str
    reasons: tuple[tuple[str, tuple[str, ...]], ...] = ()
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)


def explanation(name: str, steps: Iterable[Explained], *, most: int | None = None) -> str:
    """Write an explanation.

    Arguments:
        name: what it is about.
        steps: its steps.
        most: how many of a reason's further lines are shown at most; all if None.

    Returns:
        The lines, each with its line end.
    """
    lines = [name, *(line for step in steps for line in _lines(step, most))]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(step: Explained, most: int | None) -> Iterator[str]:
    yield f"  {step.what}: {step.state}"
    for reason, details in step.reasons:
        yield f"    - {reason}"
        shown = details if most is None else details[:most]
        yield from (f"        {line}" for line in shown)
        if len(shown) < len(details):
            yield f"        … and {len(details) - len(shown)} more lines"
    width = max(map(len, step.facts), default=0)
    yield from (f"    {name.ljust(width)}  {value}" for name, value in step.facts.items())
