"""One call on a connection that carries several: its bytes on their way to and fro."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.sdk.session.call import OK, UNKNOWN, CallError, Messages
from pipeline_dsl.errors import PipelineError

if TYPE_CHECKING:
    from pipeline_dsl.engine.sdk.session.call import Call


class Stream:
    """A call that is being answered.

    Arguments:
        call: answers it.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._output = call.output()
        self._messages = Messages()
        self._waiting = bytearray()
        self._is_read = False
        self.is_new = True
        self.code = OK
        self.message = ""
        self.failure: PipelineError | None = None

    @property
    def is_over(self) -> bool:
        """Whether all has been taken."""
        return self._is_read and not self._waiting

    def feed(self, data: bytes) -> None:
        """Take a piece of what the caller sends."""
        try:
            for message in self._messages.feed(data):
                self._call.receive(message)
        except CallError as error:
            self._fail(error.code, str(error))

    def take(self, most: int) -> bytes:
        """Give what is to be sent, as far as it is there: many small pieces together, up to a size."""
        while len(self._waiting) < most and not self._is_read:
            try:
                piece = next(self._output)
            except StopIteration:
                self._is_read = True
            except CallError as error:
                self._fail(error.code, str(error))
            except PipelineError as error:
                self.failure = error
                self._fail(UNKNOWN, error.problems[0].message)
            else:
                if not piece:
                    break
                self._waiting += piece
        taken = bytes(self._waiting[:most])
        del self._waiting[:most]
        return taken

    def _fail(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        self._is_read = True
