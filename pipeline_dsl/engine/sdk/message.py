"""One message of an engine's streamed answer to a build or a pull."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pydantic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

_CHUNK = 64 * 1024
"""Bytes to read at most at a time; an engine's chunk that is shorter is read as soon as it is there."""


@dataclasses.dataclass(frozen=True)
class Message:
    """One line of JSON, as far as we read it: see ``/build`` and ``/images/create`` in the engine's API.

    Arguments:
        id: the kind of ``aux`` that BuildKit sends, or the layer that ``status`` is about.
        stream: a piece of what the legacy builder and its steps print.
        status: the state that a pull is in.
        progress: a bar, drawn with characters, for a state that is repeated many times a second.
        error: why the build or the pull failed.
        aux: data beside the text.
    """

    id: str = ""
    stream: str = ""
    status: str = ""
    progress: str = ""
    error: str = ""
    aux: str | dict[str, object] | None = None

    @property
    def image(self) -> str:
        """The id of the image that was built, when this message tells it."""
        return str(self.aux.get("ID", "")) if isinstance(self.aux, dict) else ""


_READER = pydantic.TypeAdapter(Message)


def messages(response: requests.Response) -> Iterator[Message]:
    """Read a streamed answer.

    Raises:
        pydantic.ValidationError: a line is no such message.
        requests.RequestException: the connection broke.
    """
    for line in response.iter_lines(chunk_size=_CHUNK):
        if line:
            yield _READER.validate_json(line)
