"""Keys: what stands for everything that a step's result depends on."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What JSON can say. Sequences are lists; text is a scalar."""

VERSIONS: Mapping[str, int] = {"image": 1, "run": 1, "publish": 1, "plan": 1}
"""The kinds of keys, and the version of what goes into each.

Count a kind's version up when its components, or what they mean, change: no earlier key will be met again.
"""

_PLAIN = frozenset((str, int, float, bool, type(None)))
# The usual ones first: to ask an abstract class takes ten times as long.
_LISTS = (list, tuple, Sequence)
_MAPPINGS = (dict, Mapping)
_BYTES = (bytes, bytearray, memoryview)


class Key(NamedTuple):
    """What a step depends on, and its digest.

    Arguments:
        kind: what is done: one of ``VERSIONS``.
        digest: 64 hexadecimal digits.
        components: what the digest was made of, by name.
    """

    # No dataclass: loading that module would take longer than all keys of a run.
    kind: str
    digest: str
    components: Mapping[str, Json]


def make_key(kind: str, components: Mapping[str, Json]) -> Key:
    """Make a key.

    Two keys are equal only where the kinds, the names and the values are; a list and a tuple of the same
    values are the same. No two different inputs run into each other: every text is quoted, every list has
    its brackets.

    Arguments:
        kind: one of ``VERSIONS``.
        components: everything that the result depends on, by name; the order does not matter.

    Raises:
        TypeError: a value is not JSON.
        ValueError: a number is not finite.
    """
    named = sorted(components.items(), key=operator.itemgetter(0))
    framed = canonical(["pipeline-dsl", kind, VERSIONS[kind], named])
    return Key(kind, hashlib.sha256(framed).hexdigest(), components)


def canonical(value: Json) -> bytes:
    """Write JSON in the one way that it has here, from which the same is read back.

    Names are sorted, there are no blanks, and text is not escaped beyond what JSON demands: an escaped pair
    of lone surrogates could not be told from the one character that other programs write in that way.

    Raises:
        TypeError: a value is not JSON, or the name in a mapping is no text.
        ValueError: a number is not finite.
    """
    _check_names(value)
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def _check_names(value: object) -> None:
    """Make sure that all names are text. The encoder takes others, too, and writes them as text."""
    if isinstance(value, _MAPPINGS):
        if not all(isinstance(name, str) for name in value):
            raise TypeError(f"names in JSON are text: {list(value)!r}")
        value = value.values()
    elif not isinstance(value, _LISTS):
        return
    for inner in value:
        if type(inner) not in _PLAIN:
            _check_names(inner)


def _spelled_out(value: object) -> Json:
    """Give what the encoder does not know as something that it knows."""
    if isinstance(value, Sequence) and not isinstance(value, _BYTES):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} is not JSON")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_spelled_out
)
