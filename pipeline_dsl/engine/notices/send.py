"""Sending notices. What goes wrong with that is told, and never hides why the stage failed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.engine.notices.email import EmailRequest, post
from pipeline_dsl.engine.notices.notice import name
from pipeline_dsl.engine.notices.webhook import WebhookRequest, deliver
from pipeline_dsl.engine.waiting import OverdueError, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARGIN = 1
"""Seconds more than a notice may take, for whoever sends it knows better what took so long."""

Request: TypeAlias = EmailRequest | WebhookRequest


def send(requests: Iterable[Request]) -> tuple[str, ...]:
    """Send notices one after the other, each as well as it can be.

    A run that was cancelled by the failure sends them too.

    Returns:
        What went wrong, in whole sentences; nothing is raised.
    """
    return tuple(problem for request in requests for problem in _sent(request))


def _sent(request: Request) -> tuple[str, ...]:
    seconds = request.server.timeout if isinstance(request, EmailRequest) else request.timeout
    limit = Limit(seconds + _MARGIN, "its timeout") if seconds else None
    try:
        return wait_for(lambda: _send(request), Deadline(threading.Event(), limit))
    except OverdueError:
        reason = f"it took longer than {limit}"
    except Exception as error:  # noqa: BLE001 -- whatever it is, the failure of the stage is what counts
        reason = type(error).__name__
    return (f"A notice about {name(request.notice)} may not have been sent: {reason}.",)


def _send(request: Request) -> tuple[str, ...]:
    return post(request) if isinstance(request, EmailRequest) else deliver(request)
