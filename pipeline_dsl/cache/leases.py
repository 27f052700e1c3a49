"""Leases: what a run uses stays as long as the run lives."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH108
from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from pipeline_dsl.cache import files, layout

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def held(root: str, began: int) -> Iterator[None]:
    """Hold a lease; to be taken while the gate is held.

    A lease is a file that is locked. The kernel lets go of the lock, whatever ends the process.

    Arguments:
        root: the store.
        began: from when on what is used stays, in nanoseconds since 1970.
    """
    path = f"{layout.directory(root, layout.LEASES)}/{os.urandom(12).hex()}"
    file = files.create(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.utime(file, ns=(began, began))
        yield
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(file)


def oldest(root: str) -> int | None:
    """Say when the oldest lease of a process that lives began; None if there is none.

    To be asked while nobody else holds the gate: a lease that is just being made is not locked yet.
    """
    found = files.walk(layout.directory(root, layout.LEASES))
    return min((file.used_ns for file in found if is_locked(file.path)), default=None)


def is_locked(path: str) -> bool:
    """Tell whether some process keeps a file locked."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
