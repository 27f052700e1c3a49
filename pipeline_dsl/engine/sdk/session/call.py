"""One call of gRPC, as the side sees it that is called."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OK, UNKNOWN, NOT_FOUND, UNIMPLEMENTED = 0, 2, 5, 12
"""Codes by which a call ends."""

_PREFIX = struct.Struct(">BL")
"""Before each message: whether it is compressed, which it never is, and how many bytes it has."""


class CallError(Exception):
    """A call cannot be answered.

    Arguments:
        code: gRPC's code for it.
        message: why.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Call(Protocol):
    """Answers a call."""

    def receive(self, message: bytes) -> None:
        """Take a message of the caller."""

    def output(self) -> Iterator[bytes]:
        """Give what is to be sent, piece by piece: messages in their frames, one or several in a piece.

        An empty piece says that there is nothing to be sent until another message is received. The call is
        over when the pieces are; if that is with an exception, it has failed.
        """


class Unary:
    """A call with one message each way.

    Arguments:
        answer: makes the one of the other.
    """

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._message: bytes | None = None

    def receive(self, message: bytes) -> None:
        """Take the caller's message."""
        self._message = message

    def output(self) -> Iterator[bytes]:
        """Give the answer as soon as there is a message; see ``Call.output``."""
        while self._message is None:
            yield b""
        yield framed(self._answer(self._message))


class Refusal:
    """A call that is not answered.

    Arguments:
        error: why.
    """

    def __init__(self, error: CallError) -> None:
        self._error = error

    def receive(self, message: bytes) -> None:
        """Take a message that nobody wants."""

    def output(self) -> Iterator[bytes]:
        """Fail; see ``Call.output``."""
        yield from ()
        raise self._error


def framed(message: bytes) -> bytes:
    """Put a message in its frame."""
    return _PREFIX.pack(0, len(message)) + message


class Messages:
    """Takes messages out of their frames."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take a piece of what the caller sends, and give the messages that are complete by now."""
        data = self._waiting + data
        start = 0
        while len(data) - start >= _PREFIX.size:
            _, size = _PREFIX.unpack_from(data, start)
            end = start + _PREFIX.size + size
            if end > len(data):
                break
            yield data[start + _PREFIX.size : end]
            start = end
        self._waiting = data[start:]
