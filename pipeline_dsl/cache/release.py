"""Releasing images: the engine's references to those whose records go, or are gone."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH110
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from pipeline_dsl.cache import gate, layout, leases, opening
from pipeline_dsl.cache.failure import told
from pipeline_dsl.cache.images import REPOSITORY
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.cache.survey import Entry


class Engine(Protocol):
    """What is asked of a container engine here; see the port of the same methods."""

    def references(self, repository: str) -> Mapping[str, str]:
        """Give the ids of the images of a repository, by their tags."""

    def remove_reference(self, reference: str) -> None:
        """Take a reference back, if it is there; an image that has no other goes with it."""


class Releases:
    """Takes references to images back; to be made before anything is pruned.

    Arguments:
        engine: the engine.
        repository: the repository of the references; their tags are keys.

    Attributes:
        keys: the keys of the images that the engine has.
        released: the keys of those that it had, or would have, to let go.
        refused: what it said instead, where it did not.
        held: how many had to stay for the runs that are under way.

    Raises:
        EngineError: the engine does not tell what it has.
    """

    def __init__(self, engine: Engine, repository: str = REPOSITORY) -> None:
        self.keys = [tag for tag in sorted(engine.references(repository)) if layout.is_digest(tag)]
        self.released: list[str] = []
        self.refused: list[str] = []
        self.held = 0
        self._engine = engine
        self._repository = repository

    def lets_go(self, entry: Entry) -> bool:
        """Take the reference of a record's image back before the record goes; see ``prune``."""
        return entry.kind != "image" or self._release(entry.name)

    def count(self, removed: Iterable[Entry]) -> None:
        """Note what would be released if these entries went."""
        names = {entry.name for entry in removed if entry.kind == "image"}
        self.released += (key for key in self.keys if key in names)

    def sweep(self, store: Store, *, dry_run: bool) -> None:
        """Release images of which the store knows nothing, unless a run is under way: it may be its own.

        Arguments:
            store: the store.
            dry_run: only note what would be released.

        Raises:
            StoreError: the store cannot be written.
        """
        with told():
            if not dry_run:
                opening.prepare(store.root)
            for key in self.keys:
                if key not in self.released and not _is_known(store.root, key):
                    self._sweep(store.root, key, dry_run=dry_run)

    def _sweep(self, root: str, key: str, *, dry_run: bool) -> None:
        if dry_run and not opening.is_current(root):  # there is no gate, and nobody who could hold it
            self.released.append(key)
            return
        # Meanwhile no run can begin that would find the image in the engine.
        with gate.exclusive(root):
            if leases.oldest(root) is not None:
                self.held += 1
            elif dry_run:
                self.released.append(key)
            elif not _is_known(root, key):
                self._release(key)

    def _release(self, key: str) -> bool:
        try:
            self._engine.remove_reference(f"{self._repository}:{key}")
        except EngineError as error:
            self.refused.append(str(error))
            return False
        if key in self.keys:
            self.released.append(key)
        return True


def _is_known(root: str, key: str) -> bool:
    return os.path.exists(layout.record(root, "image", key))
