"""What the fast path says: the summary of a run in which all was cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.cache.ages import ago

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_dsl.fastpath.document import Document

_CYAN, _BOLD_GREEN, _PLAIN = "\x1b[36m", "\x1b[1;32m", "\x1b[0m"

_VERBS = {"build": "built", "run": "passed"}


def report(
    document: Document, ages: Sequence[Sequence[float | None]], seconds: float, *, colour: bool
) -> str:
    """Write the summary, as the usual path does.

    Arguments:
        document: what the run would have done.
        ages: how many seconds ago each step of each stage was done; None where that says nothing.
        seconds: how long it took to find that out.
        colour: whether to use a terminal's colours.
    """
    lines = [*_rows(document, ages), "", f"\0passed in {seconds:.1f} s\2: {len(ages)} cached"]
    paints = {0: _BOLD_GREEN, 1: _CYAN, 2: _PLAIN} if colour else {0: "", 1: "", 2: ""}
    return "\n".join(lines).translate(paints)


def _rows(document: Document, ages: Sequence[Sequence[float | None]]) -> Iterator[str]:
    stages = document["stages"]
    width = max((len(stage["name"]) for stage in stages), default=0)
    for stage, done in zip(stages, ages, strict=True):
        name = stage["name"]
        for step, age in zip(stage["steps"], done, strict=True):
            outcome = "" if age is None else f": {_VERBS[step['kind']]} {ago(age)}"
            yield f"\1≡\2 {name.ljust(width)}  \1cached\2  {step['label']}{outcome}"
            name = ""
