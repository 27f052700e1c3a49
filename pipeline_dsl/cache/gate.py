"""The gate of a store: many may change it at a time, or one may clear it up."""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from pipeline_dsl.cache import layout

if TYPE_CHECKING:
    from collections.abc import Iterator


def shared(root: str) -> contextlib.AbstractContextManager[None]:
    """Hold the gate together with others: what is there stays, but for what is replaced.

    Raises:
        FileNotFoundError: there is no gate, so this may be no store at all.
    """
    return _held(root, fcntl.LOCK_SH, os.O_RDONLY)


def exclusive(root: str) -> contextlib.AbstractContextManager[None]:
    """Hold the gate alone; it is made if it is not there."""
    return _held(root, fcntl.LOCK_EX, os.O_RDONLY | os.O_CREAT)


@contextlib.contextmanager
def _held(root: str, how: int, flags: int) -> Iterator[None]:
    # Opened each time: threads that shared an open file would share the lock, and lose it together. The
    # kernel lets go of it, however a process ends.
    file = os.open(layout.gate(root), flags | os.O_CLOEXEC, layout.FILE_MODE)
    try:
        fcntl.flock(file, how)
        yield
    finally:
        os.close(file)
