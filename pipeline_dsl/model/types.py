"""The kinds of values that the model's fields take, each with the rule that it is held to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.wording import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol, SupportsIndex

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
K = TypeVar("K")
V = TypeVar("V")


def _as_tuple(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(value)
    raise PydanticCustomError("list_wanted", "must be a list")


def _frozen(value: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(value))


if TYPE_CHECKING:
    ListOf: TypeAlias = list[T] | tuple[T, ...]

    class ListOfMixed(Protocol[T_co]):
        """What a list and a tuple have; a string has not, for its ``in`` takes strings only."""

        def __contains__(self, item: object, /) -> bool: ...
        def __iter__(self) -> Iterator[T_co]: ...
        def __len__(self) -> int: ...
        def __getitem__(self, index: SupportsIndex, /) -> T_co: ...

    MappingOf: TypeAlias = Mapping[K, V]
else:
    ListOf = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
    """Several values in order, kept as a tuple. A string is not a list of its letters."""

    ListOfMixed = ListOf
    """The same of strings and others. A type checker takes no ``list[str]`` for a ``list[str | Copy]``,
    because one could append to it; for this it does."""

    MappingOf = Annotated[Mapping[K, V], AfterValidator(_frozen)]
    """Values by name, kept read-only."""


def matching(pattern: str, what: str, hint: str = "") -> AfterValidator:
    """Make a rule for strings.

    Arguments:
        pattern: regular expression that the whole string has to match.
        what: what a string that matches is called in error messages.
        hint: what an author should know who broke the rule.
    """
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise InvalidError(f'"{value}" is not a valid {what}', hint)
        return value

    return AfterValidator(check)


def unique(spell_out: Callable[[T], object]) -> AfterValidator:
    """Make a rule for lists that no two entries may say the same.

    Arguments:
        spell_out: gives the long form of an entry, in which entries are compared.
    """

    def check(items: tuple[T, ...]) -> tuple[T, ...]:
        met: list[object] = []
        for item in items:
            meaning = spell_out(item)
            if meaning in met:
                raise InvalidError(f"cannot contain duplicates: {describe(item)} is there twice")
            met.append(meaning)
        return items

    return AfterValidator(check)


def _not_root(value: str) -> str:
    if value == "root":
        raise InvalidError('"root" is not a valid user name', "Files and processes belong to other users.")
    return value


def _not_empty(value: str) -> str:
    if not value:
        raise InvalidError("must not be empty")
    return value


def _absolute_directory(value: str) -> str:
    if not value.startswith("/") or posixpath.normpath(value).strip("/") == "":
        raise InvalidError(f'"{value}" is not a valid absolute non-root path')
    return value


def _below_project(value: str) -> str:
    if value.startswith("/") or posixpath.normpath(value).startswith(".."):
        raise InvalidError(f'"{value}" is not a directory of the project', "Name it from the project's root.")
    return value


_REFERENCE = (
    r"(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"  # host: its first label,
    r"(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"  # the others,
    r"(?::[0-9]+)?/)?"  # and its port
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"  # repository: its first component
    r"(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"  # and the others
    r"(?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?"  # tag
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"  # digest
)

_VERSION = r"(?:[0-9]+:)?[0-9][a-zA-Z0-9.+~-]*"
_RELEASE = r"[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"

_REFERRED = r".*\$\{[A-Za-z0-9_-]*\.[A-Za-z0-9._-]+(?:\|[^}]*)?\}.*"
"""What becomes a reference to an image only while a pipeline runs."""

ImageReference: TypeAlias = Annotated[
    str,
    matching(
        f"{_REFERENCE}|{_REFERRED}",
        "image reference",
        "Expected name[:tag][@digest], the name in lower case.",
    ),
]
VARIANT_NAME = matching(
    r"[a-zA-Z][a-zA-Z0-9.-]+[a-zA-Z0-9]",
    "variant name",
    'Use at least three letters, digits, "-" or ".", a letter first.',
)
StageName: TypeAlias = Annotated[
    str,
    matching(
        r"(?!(?:setup|teardown)$)[a-zA-Z0-9][a-zA-Z0-9_-]*",
        "stage name",
        'Use letters, digits, "-" or "_"; "setup" and "teardown" are taken by the pipeline itself.',
    ),
]
UserName: TypeAlias = Annotated[
    str,
    matching(
        r"[a-zA-Z][a-zA-Z0-9.-]+[a-zA-Z0-9]",
        "user name",
        'Use at least three letters, digits, "-" or ".", a letter first.',
    ),
    AfterValidator(_not_root),
]
EnvironmentName: TypeAlias = Annotated[
    str,
    matching(
        r"[a-zA-Z_][a-zA-Z0-9_]+",
        "environment variable name",
        'Use at least two letters, digits or "_", no digit first.',
    ),
]
VariableName: TypeAlias = Annotated[
    str,
    matching(r"[a-zA-Z_][a-zA-Z0-9_]*", "variable name", 'Use letters, digits or "_", no digit first.'),
]
NodeEnvironment: TypeAlias = Annotated[
    str, matching(r"[a-zA-Z0-9]+", "Node environment name", "Use letters and digits only.")
]
AptPackage: TypeAlias = Annotated[
    str,
    matching(
        rf"[a-z0-9][a-z0-9+.-]+(?:={_VERSION}|/{_RELEASE})?",
        "Debian package name",
        "Expected name, name=version or name/release, one package per item.",
    ),
]
AptRelease: TypeAlias = Annotated[
    str,
    matching(r"(?=.*[a-zA-Z])[a-zA-Z0-9][a-zA-Z0-9._/-]*", "Debian release", 'One is "bookworm-backports".'),
]
AptComponent: TypeAlias = Annotated[
    str, matching(r"[a-zA-Z0-9][a-zA-Z0-9._/-]*", "Debian archive component", 'One is "main".')
]
HttpUrl: TypeAlias = Annotated[str, matching(r"https?://\S+", "URL", "Expected http://… or https://….")]
PythonVersionSpecification: TypeAlias = Annotated[
    str,
    matching(
        r"(?:~=|[<>]=?|[!=]=)[a-zA-Z0-9_.*+!-]+(?:,(?:~=|[<>]=?|[!=]=)[a-zA-Z0-9_.*+!-]+)*",
        "Python package version specification",
        'Expected comparisons such as "==1.8.3" or ">=1.5,<2", without spaces.',
    ),
]
NumericId: TypeAlias = Annotated[int, Field(ge=0)]
NonEmpty: TypeAlias = Annotated[str, AfterValidator(_not_empty)]
ContextDirectory: TypeAlias = Annotated[NonEmpty, AfterValidator(_below_project)]
AbsoluteDirectory: TypeAlias = Annotated[str, AfterValidator(_absolute_directory)]
Environment: TypeAlias = MappingOf[EnvironmentName, str]
"""Environment variables, or build arguments, by name."""
