"""Messages to other programs about stages that failed."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from pipeline_dsl.engine.http import Call, NoAnswerError, call, server
from pipeline_dsl.engine.notices.notice import legible, name, subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.engine.notices.notice import Notice

_PORTS = {"http": 80, "https": 443}


@dataclasses.dataclass(frozen=True)
class WebhookRequest:
    """A message to be sent: ``POST`` with JSON, without following redirects.

    The document has ``project``, ``pipeline``, ``stage``, ``step``, ``status``, ``problem`` and ``logURL``,
    all of them strings, and ``text``, which chat programs show.

    Arguments:
        notice: what it is about.
        url: where to send it. It is never shown whole, for its path may be a secret.
        prefixes: URLs of the operator's that it has to lie at or below.
        timeout: how long to wait for the answer, in seconds.
    """

    notice: Notice
    url: str = dataclasses.field(repr=False)
    prefixes: tuple[str, ...]
    timeout: float = 10


def deliver(request: WebhookRequest) -> tuple[str, ...]:
    """Send a message; give what went wrong, in whole sentences."""
    what = f"The webhook about {name(request.notice)} was not called"
    if not allowed(request.url, request.prefixes):
        return (f"{what}: its URL is none that the settings allow, as notify.webhooks.",)
    try:
        answer = call(Call(request.url, _document(request.notice), timeout=request.timeout))
    except NoAnswerError as error:
        return (f"{what}: {server(request.url)}: {error}.",)
    if answer.is_success:
        return ()
    reason = "Redirects are not followed." if answer.is_redirect else ""
    message = f"The webhook about {name(request.notice)}: {server(request.url)} answered {answer.status}."
    return (f"{message} {reason}".strip(),)


def allowed(url: str, prefixes: Iterable[str]) -> bool:
    """Tell whether a URL lies at or below one of those that an operator allows.

    Scheme, host and port have to be the same, and the path has to begin with whole components. A URL that
    two programs might read in two ways, with a user's name, ``..``, backslashes or blanks, is not allowed.

    Arguments:
        url: what a pipeline asks for.
        prefixes: what is allowed.
    """
    if re.search(r"[^!-~]|\\", url):
        return False
    try:
        asked = urlsplit(url)
        origin = _origin(asked)
    except ValueError:  # a port or an address that is none
        return False
    if "@" in asked.netloc or not asked.hostname or _climbs(asked.path):
        return False
    return any(_origin(one) == origin and _is_below(asked.path, one.path) for one in map(urlsplit, prefixes))


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


def _is_below(path: str, base: str) -> bool:
    return f"{path}/".startswith(f"{base.rstrip('/')}/")


def _climbs(path: str) -> bool:
    """Tell whether any reader of a path could take it for one with ``..``, however it is written."""
    while (decoded := unquote(path)) != path:
        path = decoded
    return any(part.partition(";")[0] in {".", ".."} for part in re.split(r"[/\\]", path))


def _document(notice: Notice) -> dict[str, object]:
    log = f"\n{notice.log_url}" if notice.log_url else ""
    return {
        "project": notice.project,
        "pipeline": notice.pipeline,
        "stage": notice.stage,
        "step": notice.step,
        "status": notice.status.value,
        "problem": legible(notice.problem),
        "logURL": notice.log_url,
        "text": f"{subject(notice)}\n{legible(notice.problem)}{log}",
    }
