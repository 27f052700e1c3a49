"""A tar file that arrives in chunks, read member by member; never is more than a chunk of it in memory.

``tarfile`` reads the format. It takes a damaged header for the end, though, and holds a header of any length
in memory: hence the bookkeeping here.
"""

from __future__ import annotations

import contextlib
import tarfile
from typing import TYPE_CHECKING, cast

from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

_CHUNK = 1 << 16
_HEADERS = 1 << 20
"""Bytes that the headers of one member may have: its name and target, and what else the format knows."""

_END = 2 * tarfile.BLOCKSIZE
"""The zeros that a tar file ends in."""

_MISREAD = (tarfile.TarError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What ``tarfile`` raises for bytes that are no tar file."""


class Archive:
    """A tar file; its members are to be taken in their order, and the content of one before the next.

    Iterating and reading raise EngineError when the tar file is damaged or cut off.

    Arguments:
        chunks: the tar file.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._input = _Input(chunks)

    @property
    def count(self) -> int:
        """How many bytes were read."""
        return self._input.count

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        with _readable():
            self._tar = tarfile.open(  # noqa: SIM115 -- it holds nothing that has to be closed
                mode="r|",
                # Only its read method is asked for.
                fileobj=cast("IO[bytes]", self._input),
                bufsize=_CHUNK,
                encoding="utf-8",
                errors="surrogateescape",
            )
        while (member := self._next()) is not None:
            self._input.allow(member.size + _HEADERS)
            yield member
        with _readable():
            self._input.finish(self._tar.offset)

    def content(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        """Read a regular file, the member that was taken last."""
        with _readable():
            file = self._tar.extractfile(member)
        while file is not None and (piece := self._piece(file)):
            yield piece

    def _next(self) -> tarfile.TarInfo | None:
        with _readable():
            member = self._tar.next()
            # It would remember them all.
            self._tar.members.clear()  # type: ignore[attr-defined]  # typeshed knows the method only
            if member is not None and member.size < 0:
                raise tarfile.ReadError("negative size")
        return member

    @staticmethod
    def _piece(file: IO[bytes]) -> bytes:
        with _readable():
            return file.read(_CHUNK)


class _Input:
    """The chunks as a file; counts them and knows where the last byte is that is no zero."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = filter(None, chunks)
        self._pending = memoryview(b"")
        self._last = 0
        self._allowed = _HEADERS
        self.count = 0

    def allow(self, size: int) -> None:
        """Allow so many bytes more to be read."""
        self._allowed = self.count + size

    def read(self, size: int) -> bytes:
        """Read the next bytes, at most so many; none at the end."""
        if self.count > self._allowed:
            raise tarfile.ReadError("overlong header")
        if not self._pending:
            self._pending = memoryview(next(self._chunks, b""))
        piece, self._pending = bytes(self._pending[:size]), self._pending[size:]
        if text := piece.rstrip(b"\0"):
            self._last = self.count + len(text)
        self.count += len(piece)
        return piece

    def finish(self, end: int) -> None:
        """Read on to the end; from ``end`` on there must be zeros only, and enough of them."""
        self.allow(_HEADERS)
        while self.read(_CHUNK):
            pass
        if self._last > end or self.count < end + _END:
            raise tarfile.ReadError("damaged header, or cut off")


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _MISREAD as error:
        message = f"the container engine sent a tar file that cannot be read: {error}."
        raise EngineError([Problem("engine-failed", message, hint="Run again.")]) from error
