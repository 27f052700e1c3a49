"""Records on their way between the store and a cache repository."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from pipeline_dsl.cache.record import Record

if TYPE_CHECKING:
    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.registry import Blob, Registry
    from pipeline_dsl.cache.store import Store

_FILES = "application/vnd.pipeline-dsl.files.v1.tar"
"""The media type of the objects that records name: files that a stage copied out."""


def fetched(registry: Registry, store: Store, key: Key, subject: str) -> Record | None:
    """Look for a record; it is in the store from then on, with the objects that it names.

    Arguments:
        registry: the cache repository.
        store: the store.
        key: what the record is for.
        subject: whom it is for here.

    Raises:
        RegistryError: the repository does not answer.
        StoreError: it cannot be written to the store.
        KeyError, TypeError, ValueError: what is there is no record.
    """
    found = registry.document(_tag(key.kind, key.digest))
    if found is None:
        return None
    document, manifest = found
    for layer in manifest.layers:
        if not store.has(layer.digest.removeprefix("sha256:")):
            store.add(registry.blob(layer.digest))
    record = _record(key, subject, document)
    store.write(record)
    return record


def seen(registry: Registry, key: Key) -> Record | None:
    """Look for a record, and leave it where it is. It is for nobody.

    Raises:
        RegistryError: the repository does not answer.
        KeyError, TypeError, ValueError: what is there is no record.
    """
    found = registry.document(_tag(key.kind, key.digest))
    return _record(key, "", found[0]) if found else None


def push(registry: Registry, store: Store, record: Record) -> None:
    """Push a record with the objects that it names.

    What its key was made of stays here: it may hold what is nobody else's business.

    Raises:
        RegistryError: the repository does not take it.
    """
    with contextlib.ExitStack() as stack:
        blobs: list[Blob] = []
        for digest in sorted(record.objects):
            file = store.open(digest)
            if file is None:
                return
            stack.enter_context(file)
            blobs.append((file.name, _FILES, {}))
        told = {"result": record.result, "made": record.made, "seconds": record.seconds}
        registry.push_document(_tag(record.kind, record.key), json.dumps(told).encode(), blobs)


def _record(key: Key, subject: str, document: bytes) -> Record:
    told = json.loads(document)
    return Record(
        kind=key.kind,
        key=key.digest,
        subject=subject,
        components=key.components,
        result=told["result"],
        made=float(told["made"]),
        seconds=float(told["seconds"]),
    )


def _tag(kind: str, key: str) -> str:
    return f"{kind}-{key}"
