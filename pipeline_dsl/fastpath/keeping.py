"""Keeping documents, each with what it was worked out from: on this machine, and in the cache repository."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, cast

from pipeline_dsl.cache.failure import StoreError
from pipeline_dsl.cache.key import canonical
from pipeline_dsl.fastpath.surroundings import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline_dsl.cache.key import Json
    from pipeline_dsl.cache.registry import Registry
    from pipeline_dsl.cache.store import Store
    from pipeline_dsl.fastpath.document import Document
    from pipeline_dsl.fastpath.surroundings import Surroundings


def keep(
    store: Store, surroundings: Surroundings, inputs: Iterable[tuple[str, str]], document: Document
) -> bytes:
    """Keep a document, if the store can be written to.

    Arguments:
        store: where.
        surroundings: of the command.
        inputs: files that it was worked out from, and their states before that.
        document: what the command means.

    Returns:
        What is kept: the same on every machine.
    """
    there = [(surroundings.portable(path), state) for path, state in inputs]
    content = canonical({"inputs": there, "document": cast("Json", document)})
    with contextlib.suppress(StoreError):
        store.write_note(_name(surroundings), content)
    return content


def share(registry: Registry, surroundings: Surroundings, content: bytes) -> None:
    """Push what is kept to the cache repository, unless it is there.

    Raises:
        RegistryError: that does not work.
    """
    if registry.exists(_tag(surroundings)) is None:
        registry.push_document(_tag(surroundings), content)


def kept(store: Store, surroundings: Surroundings) -> Document | None:
    """Give the document of a command; None if there is none, or not of what the files hold now."""
    content = store.read_note(_name(surroundings))
    return None if content is None else _read(content, surroundings)


def shared(registry: Registry, store: Store, surroundings: Surroundings) -> Document | None:
    """Give the document of a command that another machine has made; it is kept here from then on."""
    found = registry.document(_tag(surroundings))
    document = _read(found[0], surroundings) if found else None
    if found and document:
        with contextlib.suppress(StoreError):
            store.write_note(_name(surroundings), found[0])
    return document


def _read(content: bytes, surroundings: Surroundings) -> Document | None:
    told = json.loads(content.decode("utf-8", "surrogatepass"))
    before: Sequence[tuple[str, str]] = [(surroundings.local(path), state) for path, state in told["inputs"]]
    document: Document = told["document"]
    return document if states(path for path, _ in before) == before else None


def _name(surroundings: Surroundings) -> str:
    return f"plan {surroundings.fingerprint}"


def _tag(surroundings: Surroundings) -> str:
    return f"plan-{surroundings.shared_fingerprint()}"
