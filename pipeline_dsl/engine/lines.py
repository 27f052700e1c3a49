"""Lines, put together from the pieces in which output arrives."""

from __future__ import annotations


class Lines:
    r"""Splits one stream of output into lines; a piece may end anywhere, even within a character.

    >>> lines = Lines()
    >>> lines.feed(b"one\r\ntw"), lines.feed(b"o\nthree"), lines.rest()
    (['one'], ['two'], ['three'])
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, piece: bytes) -> list[str]:
        """Take the next piece and give the lines that it completes, without their ends."""
        head, end, tail = piece.rpartition(b"\n")
        if not end:
            self._pending += piece
            return []
        complete = bytes(self._pending) + head
        self._pending = bytearray(tail)
        return [_text(line) for line in complete.split(b"\n")]

    def rest(self) -> list[str]:
        """Give the last line where the output stopped without a line end; then start anew."""
        pending, self._pending = self._pending, bytearray()
        return [_text(pending)] if pending else []


def _text(line: bytes | bytearray) -> str:
    return line.decode(errors="replace").removesuffix("\r")
