"""Doing a thing once for all threads that want it."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_Key = TypeVar("_Key", bound="Hashable")
_Value = TypeVar("_Value")


class Once(Generic[_Key, _Value]):
    """Makes one value for each key, however many threads ask for it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[_Key, concurrent.futures.Future[_Value]] = {}

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Give the value of a key.

        Arguments:
            key: what to make.
            make: makes it, if no other thread does so already; that one is waited for. If it raises,
                all who ask get the exception.
        """
        with self._lock:
            future = self._made.get(key)
            is_first = future is None
            future = self._made[key] = future or concurrent.futures.Future()
        if is_first:
            try:
                future.set_result(make())
            except BaseException as error:  # noqa: BLE001 -- it is raised again below, in every thread
                future.set_exception(error)
        return future.result()
