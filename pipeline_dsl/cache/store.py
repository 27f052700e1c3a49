"""The store: what came of earlier steps, on this machine."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH100, PTH108, PTH113
from __future__ import annotations

import contextlib
import errno
import os
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache import files, gate, layout, leases, objects, opening, pointer
from pipeline_dsl.cache import record as records
from pipeline_dsl.cache.failure import StoreError, told
from pipeline_dsl.cache.place import default_root
from pipeline_dsl.cache.record import Record
from pipeline_dsl.cache.sealed import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from pipeline_dsl.cache.survey import Entry

__all__ = ["Record", "Store", "StoreError", "default_root"]

_ATTEMPTS = 3
"""How often a store is made: another process may remove it, or make it one of another version."""


class Store:
    """A directory of records, objects and notes.

    Threads and processes may use it at the same time, and be killed at any point: what is found is what was
    written, all of it, or nothing. What is damaged or of another version is not found, and it is removed.
    Reading writes nothing otherwise. Where something is written, StoreError says that it cannot be.

    Arguments:
        root: the directory. It is made when something is written.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.abspath(root)
        self._lease_began = 0
        self._is_readable: bool | None = None

    def find(self, kind: str, key: str) -> Record | None:
        """Look a record up by its key; None if there is none.

        Raises:
            ValueError: there is no such kind, or this is no key.
        """
        content = self._unsealed(layout.record(self.root, kind, key), records.label(kind, key))
        return None if content is None else records.load(content)

    def latest(self, kind: str, subject: str) -> Record | None:
        """Look the record up that was the last one to be written or marked for a subject."""
        found = self._unsealed(layout.subject(self.root, kind, subject), pointer.label(kind, subject))
        key = (found or b"").decode(errors="replace")
        return self.find(kind, key) if layout.is_digest(key) else None

    def write(self, record: Record) -> None:
        """Keep a record, and make it the latest of its subject.

        Raises:
            StoreError: it cannot be written, or an object that it names is not there.
            TypeError: something in it is not JSON.
            ValueError: a number in it is not finite; or its kind or key is none.
        """
        path = layout.record(self.root, record.kind, record.key)
        data = seal(record.label, records.dump(record))
        with self._changing():
            for digest in record.objects:
                self._touch(layout.stored_object(self.root, digest))
            files.replace(self.root, path, data, self._now())
            self._point(record)

    def mark(self, record: Record) -> None:
        """Note that a record is used now, and make it the latest of its subject if it is not.

        From here to the end of the run's lease, neither it nor the objects that it names are pruned.

        Raises:
            StoreError: it cannot be noted; or the record has just been pruned, and objects with it.
        """
        with self._changing():
            try:
                for digest in record.objects:
                    self._touch(layout.stored_object(self.root, digest))
                self._touch(layout.record(self.root, record.kind, record.key))
            except FileNotFoundError:
                pruned = True
            else:
                pruned = False
                self._point(record)
        if pruned:
            self.write(record)

    def forget(self, kind: str, key: str) -> None:
        """Remove a record, if it is there."""
        with told(), contextlib.suppress(FileNotFoundError):
            os.unlink(layout.record(self.root, kind, key))

    def add(self, chunks: Iterable[bytes]) -> str:
        """Keep an object.

        Arguments:
            chunks: its content, piece by piece.

        Returns:
            Its name, the SHA-256 digest of the content in hexadecimal.

        Raises:
            StoreError: it cannot be written.
        """
        return objects.add(self.root, chunks, self._changing, self._now)

    def has(self, digest: str) -> bool:
        """Tell whether there is an object, without looking whether it is damaged."""
        return layout.is_digest(digest) and os.path.isfile(layout.stored_object(self.root, digest))

    def open(self, digest: str) -> BinaryIO | None:
        """Open an object whose content has been compared with its digest; None if it is not there."""
        return objects.opened(self.root, digest) if layout.is_digest(digest) else None

    def read_note(self, name: str) -> bytes | None:
        """Read a note; None if it is not there."""
        path = layout.note(self.root, name)
        content = self._unsealed(path, name)
        if self._lease_began:  # a run, and not somebody who only looks
            with contextlib.suppress(OSError):
                self._touch(path)
        return content

    def write_note(self, name: str, content: bytes) -> None:
        """Keep something that can be made anew.

        Arguments:
            name: what it is found by; any text.
            content: what is to be found.

        Raises:
            StoreError: it cannot be written.
        """
        with self._changing():
            files.replace(self.root, layout.note(self.root, name), seal(name, content), self._now())

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """Keep what is used from being pruned, as long as this process lives at most.

        Without a store that can be written there is no lease, and nobody who could prune it.
        """
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(StoreError), self._changing():
                began = self._now()
                stack.enter_context(leases.held(self.root, began))
                self._lease_began = began
            yield

    def entries(self) -> Iterator[Entry]:
        """List what is there. What is damaged is left out."""
        from pipeline_dsl.cache.survey import survey  # noqa: PLC0415 -- no run needs it

        found = survey(self.root)
        yield from (each.entry for each in (*found.records, *found.objects.values(), *found.notes))

    def _unsealed(self, path: str, name: str) -> bytes | None:
        # Each file says of which version it is. This is so that nothing is removed from anybody's directory.
        if self._is_readable is None:
            self._is_readable = opening.is_current(self.root)
        found = files.read(path) if self._is_readable else None
        if found is None:
            return None
        data, status = found
        sealed = unseal(data)
        if sealed is None or sealed.name != name:
            files.discard(self.root, path, status)
            return None
        return sealed.content

    def _point(self, record: Record) -> None:
        path = layout.subject(self.root, record.kind, record.subject)
        data = pointer.pointing_at(record.kind, record.subject, record.key)
        found = files.read(path)
        if found is None or found[0] != data:
            files.replace(self.root, path, data, self._now())

    def _touch(self, path: str) -> None:
        now = self._now()
        os.utime(path, ns=(now, now))

    def _now(self) -> int:
        """Give the time for what is used now: never before the lease, even if the clock was set back."""
        return max(time.time_ns(), self._lease_began)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the gate, of a store that is there and of this version."""
        with told(), contextlib.ExitStack() as stack:
            self._enter(stack)
            yield

    def _enter(self, stack: contextlib.ExitStack) -> None:
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(FileNotFoundError):
                stack.enter_context(gate.shared(self.root))
                if opening.is_current(self.root):
                    self._is_readable = True
                    return
            stack.close()
            opening.prepare(self.root)
        raise BlockingIOError(errno.EAGAIN, "Others keep making it a store of another version", self.root)
