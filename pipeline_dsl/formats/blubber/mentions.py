"""Where a Blubber file mentions variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.formats.yaml import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.formats.diagnosis import Diagnosis


def mentioned(node: Node, diagnosis: Diagnosis) -> Iterator[str]:
    """Give all strings that can be names of variants, because they stand where one can be referred to.

    Arguments:
        node: what to look through.
        diagnosis: counts what is looked at.
    """
    diagnosis.count(node)
    if isinstance(node, Sequence):
        for item in node.items:
            yield from mentioned(item, diagnosis)
    if isinstance(node, Mapping):
        for entry in node:
            yield from _in_value(entry.key.lower(), entry.value, diagnosis)


def _in_value(key: str, value: Node, diagnosis: Diagnosis) -> Iterator[str]:
    if key in ("arguments", "environment"):
        return
    match key, value:
        case "from", Scalar(str(name)) if name != "local":
            yield name
        case (("copies" | "mounts"), Sequence(items)):
            yield from (name for name in _strings(items) if name != "local")
        case "includes", Sequence(items):
            yield from _strings(items)
    yield from mentioned(value, diagnosis)


def _strings(items: tuple[Node, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Scalar) and isinstance(item.value, str):
            yield item.value
