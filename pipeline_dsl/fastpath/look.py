"""Looking whether all that a document describes has been done before."""

from __future__ import annotations

import functools
import os
import time
from typing import TYPE_CHECKING

from pipeline_dsl.cache import images
from pipeline_dsl.cache.ahead import Ahead
from pipeline_dsl.cache.exchange import fetched
from pipeline_dsl.cache.key import make_key
from pipeline_dsl.context.contexts import ContextRequest
from pipeline_dsl.context.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.cache.engine import Engine
    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.registry import Registry
    from pipeline_dsl.cache.store import Record
    from pipeline_dsl.context.contexts import Contexts
    from pipeline_dsl.fastpath.document import BuildPlan, Document, StepPlan


class NotCached(Exception):  # noqa: N818 -- it is no error
    """Something has to be done, or it is not certain that nothing has."""


class Look:
    """One look at files, engine and store.

    Arguments:
        document: what there is to do.
        root: the project's root directory.
        contexts: reads build contexts; with a store of what earlier runs have left.
        engine: the container engine.
        registry: the cache repository; None if there is none.
    """

    def __init__(
        self, document: Document, root: str, contexts: Contexts, engine: Engine, registry: Registry | None
    ) -> None:
        if contexts.store is None:
            raise NotCached
        self._document = document
        self._root = root
        self._registry = registry
        self._store = contexts.store
        self._engine = engine
        self._contexts = contexts
        self._bases: dict[str, str | Ahead[str | None]] = {}
        self._used: list[Record] = []

    def ages(self, meanwhile: Callable[[], None]) -> list[list[float | None]]:
        """Give the age of each step of each stage in seconds; None for what takes no time to do.

        Arguments:
            meanwhile: called when a second process has something to do, and this one has not.

        Raises:
            NotCached: something is not cached.
            EngineDown: the engine does not answer.
            PipelineError: files are missing, say.
        """
        platform = self._document["platform"] or self._engine.platform()
        builds = [(build, self._request(build)) for build in self._document["builds"]]
        if self._contexts.begin(request for _, request in builds):
            meanwhile()
        keys = [self._image(build, request, platform) for build, request in builds]
        ages = [[self._age(step, keys) for step in stage["steps"]] for stage in self._document["stages"]]
        for record in self._used:
            self._store.mark(record)
        self._contexts.save()
        return ages

    def _image(self, build: BuildPlan, request: ContextRequest, platform: str) -> Key:
        """Make sure that an image is there, under all its names, and give its key."""
        bases = [self._base(reference) for reference in build["bases"]]
        files = self._contexts.digest(request)
        known = [base if isinstance(base, str) else _existing(base.result()) for base in bases]
        key = images.image_key(build["ingredients"], files, known, platform)
        found = self._engine.image(images.reference(key.digest))
        if found:
            is_named = set(build["tags"]) <= set(found.tags)
        else:
            is_named = self._registry is not None and self._registry.exists(key.digest) is not None
        if not is_named:
            raise NotCached
        return key

    def _request(self, build: BuildPlan) -> ContextRequest:
        return ContextRequest(
            root=os.path.normpath(os.path.join(self._root, build["directory"])),
            selections=tuple(
                Selection(tuple(sources), tuple(exclude), prefix)
                for sources, exclude, prefix in build["selections"]
            ),
            excludes=tuple(build["excludes"]),
        )

    def _base(self, reference: str) -> str | Ahead[str | None]:
        """Give what tells the content of a base image, which a registry may take a while to say."""
        if reference not in self._bases:
            self._bases[reference] = images.pinned_digest(reference) or self._present(reference)
        return self._bases[reference]

    def _present(self, reference: str) -> str | Ahead[str | None]:
        found = self._engine.image(reference)
        if found is None and self._registry is None:
            raise NotCached
        if found is None:
            return Ahead(functools.partial(self._engine.distribution, reference, ""))
        if self._document["platform"] not in ("", found.platform):
            raise NotCached
        return images.base_digest(reference, found.digests, found.id)

    def _age(self, step: StepPlan, keys: list[Key]) -> float | None:
        if step["build"] is None:
            return None
        image = keys[step["build"]]
        if step["run"] is None:
            record = self._store.find("image", image.digest)
        else:
            components = {**step["run"]["components"], "image": image.digest}
            record = self._passed(make_key("run", components), step["run"]["subject"])
        if record:
            self._used.append(record)
        return time.time() - record.made if record else None

    def _passed(self, key: Key, subject: str) -> Record:
        record = self._store.find(key.kind, key.digest)
        if record is None and self._registry:
            record = fetched(self._registry, self._store, key, subject)
        if record is None:
            raise NotCached
        return record


def _existing(digest: str | None) -> str:
    if digest is None:
        raise NotCached
    return digest
