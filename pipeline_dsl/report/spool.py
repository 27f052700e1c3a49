"""The output of one running step, kept until it is known whether anybody wants it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_IN_MEMORY = 1 << 20
"""Bytes that a step may print before its output moves from memory to a temporary file."""


class Spool:
    """Keeps lines in order, in memory while they are few.

    Arguments:
        in_memory: bytes to keep in memory; what exceeds them is written to a temporary file.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        # A line may hold carriage returns, and halves of characters that cannot be encoded.
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115  # the spool closes it
            max_size=in_memory, mode="w+", encoding="utf-8", errors="backslashreplace", newline="\n"
        )

    def add(self, line: str) -> None:
        """Keep one line.

        Arguments:
            line: the line, without its line end.
        """
        self._file.write(f"{line}\n")

    def lines(self) -> Iterator[str]:
        """Give every line kept so far, without its line end."""
        self._file.seek(0)
        return (line.removesuffix("\n") for line in self._file)

    def close(self) -> None:
        """Forget the lines."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
