"""A session, from its beginning to its end."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
import uuid
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from h2.exceptions import H2Error

from pipeline_dsl.engine.sdk.session.link import opened
from pipeline_dsl.engine.sdk.session.server import Server
from pipeline_dsl.engine.sdk.session.services import TRANSFER, Services
from pipeline_dsl.engine.sdk.session.source import Context
from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

    from pipeline_dsl.engine.docker import BuildRequest
    from pipeline_dsl.engine.sdk.session.link import Link

_FAREWELL = 1.0
"""Seconds that the thread gets to end; if it hangs, it ends with the process."""


class Session:
    """Answers what the engine asks for while it builds, in a thread of its own.

    Arguments:
        name: the session's id, by which a build refers to it.
        services: the answers.
    """

    def __init__(self, name: str, services: Services) -> None:
        self.name = name
        self._services = services
        self._failure: BaseException | None = None

    @property
    def sent(self) -> int:
        """How many bytes of the context's files the engine asked for."""
        return self._services.sent

    def check(self) -> None:
        """Make sure that nothing failed on our side; the engine's words for that are vague.

        Raises:
            StepError: a file cannot be read, or changed since it was found.
            EngineError: the engine spoke in a way that we do not understand.
        """
        if self._failure is not None:
            raise self._failure

    @contextlib.contextmanager
    def served(self, link: Link) -> Iterator[None]:
        """Answer on a connection in the meantime."""
        thread = threading.Thread(target=self._serve, args=(link,), name="engine-session", daemon=True)
        thread.start()
        try:
            yield
        finally:
            link.shut_down()
            thread.join(_FAREWELL)

    def _serve(self, link: Link) -> None:
        server = Server(link, self._services.answer, self._fail)
        try:
            server.serve()
        except OSError:
            pass  # The engine is gone, as the build's own connection will find; or the build has ended.
        except (H2Error, DecodeError, LookupError) as error:
            message = f"the container engine asks in a way that is not known: {type(error).__name__} {error}."
            self._fail(EngineError([Problem("engine-failed", message)]))
        except BaseException as error:  # noqa: BLE001 -- raised again by the thread that builds
            self._fail(error)
        finally:
            link.shut_down()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error


@contextlib.contextmanager
def session(api: docker.APIClient, request: BuildRequest) -> Iterator[Session | None]:
    """Offer the engine a session for a build.

    Arguments:
        api: the engine's client.
        request: the build.

    Returns:
        The session; None where the whole context is sent instead: it has names that a session has no words
        for, or the engine has no sessions, or is behind ssh.
    """
    if request.files is None or not (context := Context(request.files.listing)).can_be_listed:
        yield None
        return
    name = uuid.uuid4().hex
    headers = {
        "X-Docker-Expose-Session-Uuid": name,
        "X-Docker-Expose-Session-Name": "pipeline-dsl",
        "X-Docker-Expose-Session-Sharedkey": _shared_key(request.files.place),
        # Those beside it are asked for, too.
        "X-Docker-Expose-Session-Grpc-Method": TRANSFER,
    }
    with opened(api, headers) as link:
        if link is None:
            yield None
            return
        offered = Session(name, Services(api, request.dockerfile, context))
        with offered.served(link):
            yield offered


def _shared_key(place: str) -> str:
    """Name a context, so that the engine compares it with what it got of the same one before."""
    return hashlib.sha256(f"{socket.gethostname()}\0{place}".encode("utf-8", "surrogatepass")).hexdigest()
