"""The table: one row for each thing that was measured."""

from __future__ import annotations

import dataclasses
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEAD = ("what", "ours", "other", "measure", "median", "min", "max", "limit", "kept")


@dataclasses.dataclass(frozen=True)
class Row:
    """Something that was measured.

    Arguments:
        scenario: in which scenario.
        measure: what the values are.
        values: one for each round.
        unit: of the values; empty for a ratio.
        ours: seconds that our command took, one for each round.
        other: seconds that what it is compared with took.
        limit: what the median may be at most; None where there is no limit.
    """

    scenario: str
    measure: str
    values: Sequence[float]
    unit: str = ""
    ours: Sequence[float] = ()
    other: Sequence[float] = ()
    limit: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the median is within the limit."""
        return self.limit is None or statistics.median(self.values) <= self.limit

    def cells(self) -> list[str]:
        """Give it as it is shown."""
        values = (statistics.median(self.values), min(self.values), max(self.values))
        limit = "" if self.limit is None else self._shown(self.limit)
        kept = "" if self.limit is None else ("yes" if self.is_kept else "NO")
        seconds = [f"{statistics.median(all_):.3f} s" if all_ else "" for all_ in (self.ours, self.other)]
        return [self.scenario, *seconds, self.measure, *map(self._shown, values), limit, kept]

    def _shown(self, value: float) -> str:
        return f"{value:.3g} {self.unit}".strip() if self.unit else f"{value:.2f}"


def ratio(
    scenario: str, measure: str, ours: Sequence[float], other: Sequence[float], limit: float | None
) -> Row:
    """Make a row of how long we take, measured by what something else takes in the same round."""
    values = [one / two for one, two in zip(ours, other, strict=True)]
    return Row(scenario, measure, values, ours=ours, other=other, limit=limit)


def alone(scenario: str, ours: Sequence[float]) -> Row:
    """Make a row of how long we take where there is nothing to compare with."""
    return Row(scenario, "ours alone", ours, unit="s", ours=ours)


def as_text(rows: Sequence[Row]) -> str:
    """Write the table in columns."""
    lines = [_HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def as_markdown(rows: Sequence[Row]) -> str:
    """Write the table as documentation holds it."""
    return "\n".join(_markdown(rows))


def _markdown(rows: Sequence[Row]) -> Iterator[str]:
    yield f"| {' | '.join(_HEAD)} |"
    yield f"|{'---|' * len(_HEAD)}"
    for row in rows:
        yield f"| {' | '.join(row.cells())} |"
