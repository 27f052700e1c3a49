"""Objects: content of any size, by its digest."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH123
from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from typing import TYPE_CHECKING

from pipeline_dsl.cache import files, layout
from pipeline_dsl.cache.failure import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import BinaryIO

_CHUNK = 1 << 20


def add(
    root: str,
    chunks: Iterable[bytes],
    changing: Callable[[], AbstractContextManager[None]],
    now: Callable[[], int],
) -> str:
    """Keep an object; see ``Store.add``.

    One that is there already is replaced all the same: it may be damaged.

    Arguments:
        root: the store.
        chunks: the content.
        changing: holds the gate; not held while the chunks come, which may take long.
        now: gives the time of use.
    """
    hashed = hashlib.sha256()
    with contextlib.ExitStack() as stack:
        with changing():
            path, file = stack.enter_context(files.temporary(root))
            fcntl.flock(file, fcntl.LOCK_EX)  # this says that it is still written
        for chunk in chunks:
            hashed.update(chunk)
            with told():
                files.write(file, chunk)
        digest = hashed.hexdigest()
        with changing():
            files.move(path, file, layout.stored_object(root, digest), now())
    return digest


def opened(root: str, digest: str) -> BinaryIO | None:
    """Open an object if its content is what its name says; remove it if it is not."""
    path = layout.stored_object(root, digest)
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb"))
            is_whole = digest_of(file) == digest
        except OSError:
            return None
        if not is_whole:
            files.discard(root, path, os.fstat(file.fileno()))
            return None
        file.seek(0)
        stack.pop_all()
        return file


def digest_of(file: BinaryIO) -> str:
    """Read a file to its end, and give the SHA-256 digest of what was read in hexadecimal."""
    hashed = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()
