"""What earlier runs have left, and what this one leaves for later ones; none of which ever fails a run."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache.failure import StoreError
from pipeline_dsl.cache.record import Record
from pipeline_dsl.context.manifest import Manifest

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from pipeline_dsl.cache.key import Json, Key
    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.engine.shared import Shared


class Memory:
    """Remembers what was done.

    Arguments:
        store: where it is kept on this machine; None for nowhere.
        shared: where machines share it; None for nowhere.
        is_asked: whether anything is looked up; else all is done anew, and remembered.
    """

    def __init__(
        self, store: Store | None = None, shared: Shared | None = None, *, is_asked: bool = True
    ) -> None:
        self.store = store
        self.shared = shared
        self.is_asked = is_asked
        self._session: dict[str, Record] = {}
        self._troubles: dict[str, None] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be kept, and why."""
        return (*self._troubles, *(self.shared.problems if self.shared else ()))

    def finish(self, cancel: threading.Event) -> None:
        """Wait for what is on its way to other machines, until the run is cancelled."""
        if self.shared:
            self.shared.finish(cancel)

    def find(self, key: Key, subject: str) -> Record | None:
        """Give what came of something that was done before; None if it was not, or nothing is looked up.

        From here on it is the latest of its subject, and it is not removed as long as the run lives.

        Arguments:
            key: what it depends on.
            subject: for whom: a variant, or a stage.
        """
        if not self.is_asked or self.store is None:
            return None
        record = self.store.find(key.kind, key.digest)
        if record is None:
            is_shared = self.shared and key.kind != "image"
            return self.shared.record(key, subject, self.store) if self.shared and is_shared else None
        with self._patience():
            if record.subject == subject:
                self.store.mark(record)
            else:
                self.store.write(record._replace(subject=subject))
        return record

    def foresee(self, key: Key) -> Record | None:
        """Give the same as ``find``, but keep nothing here that is found elsewhere."""
        if not self.is_asked:
            return None
        shared = self.shared if key.kind != "image" else None
        record = self.store.find(key.kind, key.digest) if self.store else None
        return record or (shared.seen(key) if shared else None)

    def in_session(self, key: Key) -> Record | None:
        """Give what came of something that this run has done."""
        return self._session.get(key.digest)

    def latest(self, kind: str, subject: str) -> Record | None:
        """Give what was last done for a subject."""
        return self.store.latest(kind, subject) if self.store else None

    def write(
        self, key: Key, subject: str, result: Mapping[str, Json], seconds: float, *, for_session: bool = False
    ) -> None:
        """Remember what was done just now.

        Arguments:
            key: what it depended on.
            subject: for whom: a variant, or a stage.
            result: what came of it.
            seconds: how long it took.
            for_session: whether it is of no interest to later runs.
        """
        record = Record(key.kind, key.digest, subject, key.components, result, time.time(), seconds)
        self._session[key.digest] = record
        if self.store and not for_session:
            with self._patience():
                self.store.write(record)
            if self.shared and key.kind != "image":
                self.shared.push_record(record, self.store)

    def add(self, chunks: Iterable[bytes]) -> Json:
        """Keep an object, and give a reference to it; None if it cannot be kept."""
        if self.store:
            with self._patience():
                return {"object": self.store.add(chunks)}
        return None

    def open(self, reference: Json) -> BinaryIO | None:
        """Open an object by its reference; None if it is not there."""
        digest = reference.get("object") if isinstance(reference, dict) else None
        return self.store.open(digest) if self.store and isinstance(digest, str) else None

    def manifest(self, record: Record | None) -> Manifest | None:
        """Give the list of the files that an image was made of."""
        file = self.open(record.result.get("manifest")) if record else None
        if file is None:
            return None
        with file:
            return Manifest.load(file.read())

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Take it for a misfortune, and not for a failure, that something cannot be kept."""
        try:
            yield
        except StoreError as error:
            self._troubles[f"Later runs will not know all of this one: {error}"] = None
