"""Calls of other programs over HTTP, and what is said of them: never more of a URL than its server."""

from __future__ import annotations

import dataclasses
import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from pipeline_dsl.engine.waiting import pause, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.engine.limit import Deadline

_LONGEST = 65536
"""Bytes that are read of an answer."""

_PAUSES = (1, 3)
"""Seconds before each further attempt to reach a server."""

_PASSING = ("502", "503")
"""Codes of a server that is about to come back. After others it may have done what it was asked to."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A call that sends a document.

    Arguments:
        url: what to call.
        document: what to send, as JSON.
        method: how to call it.
        headers: headers beyond those that describe the document.
        timeout: seconds for each part of it, such as connecting; 0 for as long as it takes.
    """

    url: str = dataclasses.field(repr=False)
    document: Mapping[str, object] = dataclasses.field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    timeout: float = 0


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a server said.

    Arguments:
        status: code and words, such as ``202 Accepted``.
        text: the beginning of its text.
    """

    status: str
    text: str = ""

    @property
    def is_success(self) -> bool:
        """Tell whether the server did what it was asked to."""
        return self.status.startswith("2")

    @property
    def is_redirect(self) -> bool:
        """Tell whether the server named another place."""
        return self.status.startswith("3")


class NoAnswerError(Exception):
    """No answer came.

    Arguments:
        reason: why, in a few words.
        is_unsent: whether it is certain that the server got nothing.
    """

    def __init__(self, reason: str, *, is_unsent: bool) -> None:
        super().__init__(reason)
        self.is_unsent = is_unsent


def call(what: Call) -> Answer:
    """Make a call. Redirects are not followed; neither name nor password comes from a ``.netrc``.

    Raises:
        NoAnswerError: no answer came.
    """
    headers = {"Content-Type": "application/json", "User-Agent": "pipeline-dsl", **what.headers}
    body = json.dumps(what.document).encode()
    try:
        with requests.Session() as session:
            session.mount("https://", _SystemTrust())
            with session.request(
                what.method,
                what.url,
                data=body,
                headers=headers,
                auth=_as_it_is,
                allow_redirects=False,
                timeout=what.timeout or None,
                stream=True,
            ) as response:
                text = next(response.iter_content(_LONGEST), b"").decode(errors="replace")
                return Answer(f"{response.status_code} {response.reason or ''}".strip(), text)
    except (requests.RequestException, UnicodeError, ValueError) as error:
        # Their messages, and those of what they were raised from, hold the URL.
        raise NoAnswerError(_reason(error), is_unsent=_is_unsent(error)) from None


def call_patiently(what: Call, deadline: Deadline) -> Answer:
    """Make a call, and again where the server is not there yet; never twice what it may have done already.

    Raises:
        NoAnswerError: no answer came.
        Cancelled, OverdueError: as the deadline says.
    """
    for seconds in _PAUSES:
        try:
            answer = wait_for(lambda: call(what), deadline)
            if answer.status[:3] not in _PASSING:
                return answer
        except NoAnswerError as error:
            if not error.is_unsent:
                raise
        pause(seconds, deadline)
    return wait_for(lambda: call(what), deadline)


def server(url: str) -> str:
    """Give a URL as it may be shown: its path may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _SystemTrust(HTTPAdapter):
    """Trusts what the system trusts, beside what requests does: an operator's own authority is there."""

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 -- so it is called
        **rest: object,
    ) -> None:
        context = ssl.create_default_context()
        super().init_poolmanager(connections, maxsize, block, ssl_context=context, **rest)


def _is_unsent(error: Exception) -> bool:
    reasons = [getattr(argument, "reason", None) for argument in error.args]
    is_refused = any(isinstance(reason, NewConnectionError) for reason in reasons)
    return is_refused or isinstance(error, requests.ConnectTimeout)


def _reason(error: Exception) -> str:
    """Find the words of the operating system, or of TLS; those of the libraries repeat the URL."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    words = [cause.strerror for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror]
    verification = [cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)]
    if verification:
        return f"its certificate is not trusted: {verification[0].verify_message}"
    return words[-1] if words else _WORDS.get(type(error), "the call cannot be made")


_WORDS: dict[type[Exception], str] = {
    requests.ConnectionError: "the connection was lost",
    requests.exceptions.ChunkedEncodingError: "the connection was lost",
}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
