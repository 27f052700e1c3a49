"""Looking whether all that a document describes has been done before."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

from pipeline_dsl.cache import images
from pipeline_dsl.cache.ahead import Ahead, Asking
from pipeline_dsl.cache.exchange import fetched
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.context.contexts import ContextRequest
from pipeline_dsl.context.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_dsl.cache.engine import Engine
    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.registry import Registry
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.context.contexts import Contexts
    from pipeline_dsl.fastpath.document import BuildPlan, Document, StepPlan

_Answer = TypeVar("_Answer")


class NotCached(Exception):  # noqa: N818 -- it is no error
    """Something has to be done, or it is not certain that nothing has."""


class Look:
    """One look at files, engine and store.

    Arguments:
        document: what there is to do.
        root: the project's root directory.
        contexts: reads build contexts; with a store of what earlier runs have left.
        engine: the container engine.
        platform: what that runs on.
        registry: the cache repository; None if there is none.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- all that it looks at
        self,
        document: Document,
        root: str,
        contexts: Contexts,
        engine: Engine,
        platform: Ahead[str],
        registry: Registry | None,
    ) -> None:
        if contexts.store is None:
            raise NotCached
        self._document = document
        self._root = root
        self._registry = registry
        self._store = contexts.store
        self._engine = engine
        self._platform = platform
        self._contexts = contexts
        self._asking = Asking()
        self._bases: dict[str, str | Ahead[str]] = {}
        self._used: list[Record] = []

    def ages(self, meanwhile: Callable[[], None]) -> list[list[float | None]]:
        """Give the age of each step of each stage in seconds; None for what takes no time to do.

        Arguments:
            meanwhile: called when a second process has something to do, and this one has not.

        Raises:
            NotCached: something is not cached, or has to be read first.
            EngineDown: the engine does not answer.
            PipelineError: files are missing, say.
        """
        own = self._platform.result()  # in any case: a process with several threads must not fork
        platform = self._document["platform"] or own
        builds = [(build, self._request(build)) for build in self._document["builds"]]
        if self._contexts.begin(request for _, request in builds):
            meanwhile()
            raise NotCached  # as a rule: that is found out when the second process has read what has changed
        keys = [self._key(build, request, platform) for build, request in builds]
        # All is asked before the first answer is waited for: a registry may be far away.
        are_there = [self._image(key, build["tags"]) for key, (build, _) in zip(keys, builds, strict=True)]
        records = [
            [self._record(step, keys) for step in stage["steps"]] for stage in self._document["stages"]
        ]
        if not all(map(_told, are_there)):
            raise NotCached
        ages = [[self._age(record) for record in stage] for stage in records]
        for record in self._used:
            self._store.mark(record)
        self._contexts.save()
        return ages

    def _key(self, build: BuildPlan, request: ContextRequest, platform: str) -> Key:
        bases = [self._base(reference) for reference in build["bases"]]
        files = self._contexts.digest(request)
        return images.image_key(build["ingredients"], files, list(map(_told, bases)), platform)

    def _image(self, key: Key, tags: Sequence[str]) -> bool | Ahead[bool]:
        """Look whether an image is there, under all its names."""
        found = self._engine.image(images.reference(key.digest))
        if found:
            return set(tags) <= set(found.tags)
        return self._ask(lambda registry: registry.exists(key.digest) is not None)

    def _request(self, build: BuildPlan) -> ContextRequest:
        return ContextRequest(
            root=os.path.normpath(os.path.join(self._root, build["directory"])),
            selections=tuple(
                Selection(tuple(sources), tuple(exclude), prefix)
                for sources, exclude, prefix in build["selections"]
            ),
            excludes=tuple(build["excludes"]),
        )

    def _base(self, reference: str) -> str | Ahead[str]:
        """Give what tells the content of a base image, which a registry may take a while to say."""
        if reference not in self._bases:
            self._bases[reference] = images.pinned_digest(reference) or self._present(reference)
        return self._bases[reference]

    def _present(self, reference: str) -> str | Ahead[str]:
        found = self._engine.image(reference)
        if found is None:
            return self._ask(lambda registry: _existing(self._distributed(reference, registry)))
        if self._document["platform"] not in ("", found.platform):
            raise NotCached
        return images.base_digest(reference, found.digests, found.id)

    def _distributed(self, reference: str, registry: Registry) -> str | None:
        """Ask a registry what a reference stands for: through the engine, unless it is that of the cache."""
        host, _, rest = reference.partition("/")
        if host != registry.repository.host:
            return self._engine.distribution(reference, "")
        path, _, tag = rest.partition(":")
        with registry.beside(path) as other:
            return other.exists(tag or "latest")

    def _record(self, step: StepPlan, keys: Sequence[Key]) -> Record | Ahead[Record] | None:
        """Give what is known of a step; None for one that takes no time to do, or whose time is not known."""
        if step["build"] is None:
            return None
        image = keys[step["build"]]
        if step["run"] is None:
            return self._store.find("image", image.digest)
        subject = step["run"]["subject"]
        key = make_key("run", {**step["run"]["components"], "image": image.digest})
        known = self._store.find(key.kind, key.digest)
        return known or self._ask(lambda registry: _existing(fetched(registry, self._store, key, subject)))

    def _age(self, record: Record | Ahead[Record] | None) -> float | None:
        if record is None:
            return None
        if isinstance(record, Ahead):
            return time.time() - record.result().made
        self._used.append(record)
        return time.time() - record.made

    def _ask(self, question: Callable[[Registry], _Answer]) -> Ahead[_Answer]:
        """Ask what this machine does not know."""
        registry = self._registry
        if registry is None:
            raise NotCached
        return self._asking.ask(lambda: question(registry))


def _told(answer: _Answer | Ahead[_Answer]) -> _Answer:
    return answer.result() if isinstance(answer, Ahead) else answer


def _existing(found: _Answer | None) -> _Answer:
    if found is None:
        raise NotCached
    return found
