"""Records: what came of a step, kept by its key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pipeline_dsl.cache import layout
from pipeline_dsl.cache.key import Json, canonical

OBJECT = "object"
"""The only name of a mapping that stands for an object: ``{"object": DIGEST}``."""


class Record(NamedTuple):
    """What came of a step.

    Arguments:
        kind: the kind of its key.
        key: the digest of its key.
        subject: what it is about, such as ``links/ci/unit``: what the next one of it is compared with.
        components: what the key was made of.
        result: what is needed to do without the step. Here and in the components, ``{"object": DIGEST}``
            names an object, which is kept as long as the record is.
        made: when the step ended, in seconds since 1970.
        seconds: how long it took.
    """

    kind: str
    key: str
    subject: str
    components: Mapping[str, Json]
    result: Mapping[str, Json]
    made: float
    seconds: float

    @property
    def label(self) -> str:
        """What its file is sealed with."""
        return label(self.kind, self.key)

    @property
    def objects(self) -> frozenset[str]:
        """The objects that it names."""
        return frozenset(_objects([self.components, self.result]))


def label(kind: str, key: str) -> str:
    """Give what the file of a record is sealed with."""
    return f"record {kind} {key}"


def dump(record: Record) -> bytes:
    """Write a record as JSON.

    Raises:
        TypeError: something in it is not JSON.
        ValueError: a number in it is not finite.
    """
    return canonical(record._asdict())


def load(content: bytes) -> Record | None:
    """Read a record; None if this is none."""
    try:
        return _record(**json.loads(content.decode("utf-8", "surrogatepass")))
    except (TypeError, ValueError):
        return None


def _record(  # noqa: PLR0913 -- these are the fields of a record
    *, kind: str, key: str, subject: str, components: Json, result: Json, made: float, seconds: float
) -> Record | None:
    if not isinstance(components, dict) or not isinstance(result, dict):
        return None
    return Record(kind, key, subject, components, result, made, seconds)


def _objects(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        return
    if isinstance(value, Mapping):
        named = value.get(OBJECT) if len(value) == 1 else None
        if isinstance(named, str) and layout.is_digest(named):
            yield named
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _objects(inner)
