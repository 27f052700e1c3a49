"""The cache repository: a place in a registry through which machines share what was done."""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import hashlib
import threading
from typing import TYPE_CHECKING, TypeVar

from pipeline_dsl.cache.exchange import fetched, push, seen
from pipeline_dsl.cache.failure import StoreError
from pipeline_dsl.cache.registry import RegistryError
from pipeline_dsl.engine.attempts import Attempts
from pipeline_dsl.engine.docker import Cancelled, PassingError
from pipeline_dsl.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.registry import Registry
    from pipeline_dsl.cache.store import Record, Store
    from pipeline_dsl.engine.docker import Docker, Login, Output

_Found = TypeVar("_Found")


class Shared:
    """Looks things up in a cache repository, and pushes to it while the run goes on.

    Images have their key as the tag, records their kind and key. What does not work is a problem to tell at
    the end of the run, once, and never an error: a repository that is not there has nothing, and is not asked
    again. One thing is pushed after the other: images of one repository share layers, and registries are
    known to stumble over two pushes of the same layer.

    Arguments:
        repository: ``HOST/NAME``.
        docker: pulls and pushes images.
        registry: reads and writes records.
        login: what to log in with; docker's own configuration if None.
        is_pushed_to: whether anything is pushed.
    """

    def __init__(
        self, repository: str, docker: Docker, registry: Registry, login: Login | None, *, is_pushed_to: bool
    ) -> None:
        self.repository = repository
        self.is_pushed_to = is_pushed_to
        self._docker = docker
        self._registry = registry
        self._login = login
        self._cancel = threading.Event()
        self._troubles: dict[str, str] = {}
        self._is_away = threading.Event()
        self._attempts = Attempts(1, None, lambda *_: None, self._cancel)
        self._pushes = concurrent.futures.ThreadPoolExecutor(1, "cache-push")

    @property
    def problems(self) -> tuple[str, ...]:
        """What did not work."""
        return tuple(self._troubles.values())

    def has_image(self, key: str) -> bool:
        """Tell whether the image of a key is there."""
        return self._look(lambda: self._registry.exists(key)) is not None

    def pull(self, key: str, tags: Iterable[str], output: Output) -> str:
        """Pull the image of a key, and give its id.

        Arguments:
            key: the key.
            tags: what the image is called from then on, instead of by its name in the repository.
            output: gets how it goes on.

        Raises:
            StepError, EngineError: it cannot be pulled.
            Cancelled: the run was cancelled meanwhile.
        """
        reference = f"{self.repository}:{key}"
        image = self._docker.pull(reference, output, self._cancel, login=self._login).id
        for tag in tags:
            self._docker.tag(image, tag)
        self._docker.untag(reference)  # not before it has another name: its digest would remain
        return image

    def layers(self, subject: str) -> str:
        """Give the reference of the image whose layers a build can take: the last one of the same subject."""
        return f"{self.repository}:layers-{hashlib.sha256(subject.encode()).hexdigest()[:32]}"

    def push_image(self, image: str, key: str, subject: str) -> None:
        """Push an image, in the background; its layers are for later builds of the same subject."""
        for reference in (f"{self.repository}:{key}", self.layers(subject)):
            self._start(functools.partial(self._push_image, image, reference))

    def record(self, key: Key, subject: str, store: Store) -> Record | None:
        """Look for a record; it is in the store from then on, with the objects that it names."""
        return self._look(lambda: fetched(self._registry, store, key, subject))

    def seen(self, key: Key) -> Record | None:
        """Look for a record, and leave it where it is."""
        return self._look(lambda: seen(self._registry, key))

    def push_record(self, record: Record, store: Store) -> None:
        """Push a record with the objects that it names, in the background."""
        self._start(functools.partial(self._push_record, record, store))

    def finish(self, cancel: threading.Event) -> None:
        """Wait for what is being pushed; no longer than until the run is cancelled."""
        pool = threading.Thread(target=self._pushes.shutdown)
        pool.start()
        while pool.is_alive():
            if cancel.is_set():
                self._cancel.set()
                self._pushes.shutdown(wait=False, cancel_futures=True)
            pool.join(0.1)
        self._registry.close()

    def _look(self, ask: Callable[[], _Found | None]) -> _Found | None:
        found = None
        if not self._is_away.is_set():
            with self._patience("looked into"):
                found = ask()
        return found

    def _start(self, push: Callable[[], None]) -> None:
        if self.is_pushed_to:
            self._pushes.submit(self._unless_away, push)

    def _unless_away(self, push: Callable[[], None]) -> None:
        if not self._is_away.is_set():
            push()

    def _push_image(self, image: str, reference: str) -> None:
        with self._patience("pushed to"):
            self._docker.tag(image, reference)
            try:
                self._attempts.take(f"push {reference}", functools.partial(self._send_image, reference))
            finally:
                self._docker.untag(reference)

    def _send_image(self, reference: str, cancel: threading.Event) -> None:
        self._docker.push(reference, self._login, lambda *_: None, cancel)

    def _push_record(self, record: Record, store: Store) -> None:
        with self._patience("pushed to"):
            push(self._registry, store, record)

    @contextlib.contextmanager
    def _patience(self, what: str) -> Iterator[None]:
        try:
            yield
        except (RegistryError, PipelineError, StoreError, ValueError, KeyError, TypeError) as error:
            self._troubles.setdefault(what, f"{self.repository} could not be {what}: {error}")
            if isinstance(error, PassingError) or (isinstance(error, RegistryError) and error.is_passing):
                self._is_away.set()
        except Cancelled:
            pass
