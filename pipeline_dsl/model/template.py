"""Values that are only known while a pipeline runs: lists made of output, lists and mappings joined.

In Python most of this is a comprehension or a ``+``. These are for what no comprehension can see yet,
as ``spec/pipelinelib.md`` §3.4 has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, PlainValidator

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.types import ListOf, MappingOf, NonEmpty, matching
from pipeline_dsl.model.wording import describe

if TYPE_CHECKING:
    from collections.abc import Sequence


_LoopVariable: TypeAlias = Annotated[
    str, matching(r"[A-Za-z0-9_-]+", "loop variable", 'Use letters, digits, "-" or "_".')
]


def _checked(value: object) -> object:
    """Take what JSON can say, an Each and a Merge; keep lists as tuples, and mappings read-only."""
    match value:
        case None | str() | int() | float() | Each() | Merge():  # a bool is an int
            return value
        case list() | tuple():
            return tuple(map(_checked, value))
        case Mapping() if all(isinstance(key, str) for key in value):
            return MappingProxyType({key: _checked(item) for key, item in value.items()})
    raise InvalidError(
        f"must be made of strings, numbers, lists and mappings with strings for keys, not {describe(value)}"
    )


if TYPE_CHECKING:
    Value: TypeAlias = str | int | float | Sequence["Value"] | Mapping[str, "Value"] | "Each" | "Merge" | None
else:
    Value = Annotated[object, PlainValidator(_checked)]
    """What JSON can say, with references in its strings; or an `Each` or a `Merge` anywhere in it."""


@definition
class Each(Definition):
    """A list with an item for each item of another one that is only known at run time.

    Example: ``Each("release", of=versions.output, value="v${.release}")``
    """

    variable: _LoopVariable | ListOf[_LoopVariable] = Field(kw_only=False)
    """What each item is called in ``value``, where ``${.release}`` stands for it. Several names take the
    words of each item, which is then a string of words with spaces between them."""

    of: Value
    """The items: a list, or a string that ``delimiter`` splits."""

    value: Value = None
    """What each item becomes; the item itself if left out. A stage's own values go by its full name here."""

    delimiter: NonEmpty = "\n"
    """Characters, each of which separates items of a string. There are no empty items."""


@definition
class Merge(Definition):
    """Two lists as one, two mappings as one, two strings as one; at least one is only known at run time.

    Example: ``Merge(["latest"], Each("version", of=versions.output))``
    """

    left: Value = Field(kw_only=False)
    """What comes first; of two mappings, the one whose values give way."""

    right: Value = Field(kw_only=False)
    """What comes after it."""


if TYPE_CHECKING:
    Texts: TypeAlias = ListOf[str] | Each | Merge
    TextByName: TypeAlias = Mapping[str, str] | Merge
else:
    Texts = ListOf[str] | Each | Merge
    """Several strings, or what gives them at run time."""

    TextByName = MappingOf[str, str] | Merge
    """Strings by name, or what gives them at run time."""
