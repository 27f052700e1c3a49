"""The answer to a request: read once, in whole or in chunks; then its connection is free again."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

from pipeline_dsl.cache.registry.failure import Failure
from pipeline_dsl.cache.registry.request import failure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 4 << 20
"""Bytes of an answer that is read as a whole: registries do not take larger manifests."""

_CHUNK = 1 << 18
_LONGEST_REASON = 200

_PASSING = (408, 429, 500, 502, 503, 504)
_WORTH_ANOTHER_TRY = (429, 500, 502, 503, 504)
_RACE = "DIGEST_INVALID"
"""What some registries say of a blob that somebody else uploads at the same time."""


class Answer:
    """What a server said.

    Arguments:
        response: the answer, of which nothing but the headers has been read.
        done: called once, when nothing more is read; told whether the connection can be used again.
    """

    def __init__(self, response: http.client.HTTPResponse, done: Callable[[bool], None]) -> None:
        self._response = response
        self._done = done
        self.status = response.status

    def header(self, name: str) -> str:
        """Give a header, empty where there is none."""
        return self._response.headers.get(name, "")

    def headers(self, name: str) -> list[str]:
        """Give a header that may be there several times."""
        return self._response.headers.get_all(name, [])

    def chunks(self) -> Iterator[bytes]:
        """Read it piece by piece.

        Raises:
            Failure: the connection was lost.
        """
        is_whole = False
        try:
            while chunk := self._response.read(_CHUNK):
                yield chunk
            if self._response.length:  # http.client does not mind an answer that ends too early
                raise Failure("the connection was lost", is_passing=True, wait=0)
            is_whole = not self._response.will_close
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise failure_of(error) from None
        finally:
            self._response.close()
            self._done(is_whole)

    def read(self, longest: int = LONGEST) -> bytes:
        """Read it as a whole.

        Raises:
            Failure: the connection was lost, or there are more bytes than expected.
        """
        read = bytearray()
        for chunk in self.chunks():
            read += chunk
            if len(read) > longest:
                raise Failure(f"it answers with more than {longest} bytes")
        return bytes(read)


def refused(answer: Answer) -> Failure:
    """Say what a server answered instead of what it was asked for."""
    status, told = answer.status, _told(answer)
    wait = None
    if status in _WORTH_ANOTHER_TRY or told.startswith(_RACE):
        seconds = answer.header("Retry-After")
        wait = float(seconds) if seconds.isdecimal() else 0.0
    reason = f"it answers {status} {http.client.responses.get(status, '')}".rstrip()
    return Failure(f"{reason} ({told})" if told else reason, is_passing=status in _PASSING, wait=wait)


def _told(answer: Answer) -> str:
    """Give the first error that a registry names in its answer."""
    try:
        document: object = json.loads(answer.read())
    except (Failure, ValueError, RecursionError):
        return ""
    match document:
        case {"errors": [{"code": str(code), **rest}, *_]}:
            message = rest.get("message")
            told = f"{code}: {message}" if isinstance(message, str) and message else code
            return "".join(filter(str.isprintable, told))[:_LONGEST_REASON]
    return ""
