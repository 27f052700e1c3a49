"""A request to the engine whose answer streams in over a long time, and which can be broken off at once."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from docker.errors import create_api_error_from_http_exception
from requests import HTTPError

from pipeline_dsl.engine.docker import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    import requests

Item = TypeVar("Item")

PATIENCE = (60, None)
"""Seconds to connect and to send each chunk; and to wait for the answer: a step may be silent for hours."""

_GLANCE = 0.1
"""Seconds between two looks at whether to break off: too short to be noticed, too long to cost anything."""

_FAREWELL = 1.0
"""Seconds that the reading thread gets to close its connection; if it hangs, it ends with the process."""

_BACKLOG = 1000
"""Items read ahead at most: a slow reader holds the engine back instead of filling the memory."""


class Exchange(Generic[Item]):
    """Sends a request and gives the items of its answer, read in a thread of their own.

    A thread, because a socket cannot be waited for together with an event, and because there is none to shut
    down while the engine itself still waits for a registry. The caller waits for a queue, which it can leave
    at any time; the engine ends what it does for us once the connection is shut down.

    Arguments:
        send: sends the request and returns its answer as soon as the headers are there.
        parse: reads the items.
        cancel: breaks the exchange off when it is set.

    Entering waits until the engine begins to answer. Entering and iterating raise

        Cancelled: ``cancel`` was set.
        docker.errors.APIError: the engine refused the request.
        requests.RequestException, urllib3.exceptions.HTTPError: the connection broke.

    and whatever else ``send`` and ``parse`` raise.
    """

    def __init__(
        self,
        send: Callable[[], requests.Response],
        parse: Callable[[requests.Response], Iterator[Item]],
        cancel: threading.Event,
    ) -> None:
        self._send = send
        self._parse = parse
        self._cancel = cancel
        # () says that the answer begins, None that it has ended.
        self._queue: queue.Queue[tuple[Item, ...] | BaseException | None] = queue.Queue(_BACKLOG)
        self._over = threading.Event()
        self._response: requests.Response | None = None
        self._thread = threading.Thread(target=self._serve, name="engine-exchange", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._take()
        except BaseException:
            self._break_off()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._break_off()

    def __iter__(self) -> Iterator[Item]:
        while (taken := self._take()) is not None:
            yield from taken

    def _take(self) -> tuple[Item, ...] | None:
        while not self._cancel.is_set():
            with contextlib.suppress(queue.Empty):
                taken = self._queue.get(timeout=_GLANCE)
                if isinstance(taken, BaseException):
                    raise taken
                return taken
        raise Cancelled

    def _break_off(self) -> None:
        self._over.set()
        if self._response is not None:
            # An answer that was read to its end has given its connection back: nothing is left to shut down.
            with contextlib.suppress(OSError, RuntimeError, ValueError):
                self._response.raw.shutdown()
        self._thread.join(_FAREWELL)

    def _serve(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 -- raised again where the items are awaited
            self._put(error)
        else:
            self._put(None)

    def _read(self) -> None:
        with self._send() as response:
            _raise_for_status(response)
            self._response = response
            self._put(())
            if self._over.is_set():  # before the answer was there to be shut down
                return
            for item in self._parse(response):
                self._put((item,))

    def _put(self, item: tuple[Item, ...] | BaseException | None) -> None:
        while not self._over.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=_GLANCE)
                return


def _raise_for_status(response: requests.Response) -> None:
    try:
        response.raise_for_status()
    except HTTPError as error:
        create_api_error_from_http_exception(error)
