"""Tables of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Write rows one below the other, each column as wide as it has to be.

    Arguments:
        rows: the rows, of as many cells each; at least one.
        right: the columns, counted from 0, whose cells stand at its right edge.
    """
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "".join(
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + "\n"
        for row in shown
    )


def printable(cell: str) -> str:
    """Escape what would break the line, or upset a terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cell)
