"""Where an image's files come from: other variants, other images, the build context, caches."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.types import ImageReference, ListOf, NonEmpty, unique
from pipeline_dsl.model.wording import BY_OBJECT, describe, either

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from pipeline_dsl.model.types import ListOfMixed
    from pipeline_dsl.model.variant import Variant


class Source:
    """Marks what has a file system that files can be taken from."""


@definition
class Image(Source, Definition):
    """An image that exists already, to copy files from: ``Image("golang:1.23")``."""

    reference: ImageReference = Field(kw_only=False)
    """Name, tag and digest as docker writes them: ``name[:tag][@digest]``."""


def _origin(*others: type) -> Callable[[object], object]:
    """Make the check of a place that files come from, or of an object of the other kinds."""
    wanted = either(['"local"', "a Variant", "an Image", *(f"a {other.__name__}" for other in others)])

    def check(value: object) -> object:
        if value == "local" or isinstance(value, (Source, *others)):
            return value
        hint = BY_OBJECT if isinstance(value, str) else ""
        raise InvalidError(f"must be {wanted}, not {describe(value)}", hint)

    return check


if TYPE_CHECKING:
    Origin: TypeAlias = Literal["local"] | Variant | Image
else:
    Origin = Annotated[object, PlainValidator(_origin())]
    """The build context ("local"), the finished files of a variant, or those of an image."""


@definition
class Copy(Definition):
    """Files to be copied into an image.

    As an entry of a variant's ``copies``, ``Copy("local")`` takes the whole build context and
    ``Copy(variant)`` that variant's application directory and ``/opt/lib``. As a requirement, a source
    that is a directory should end in a slash; any other source lands in the directory of its own name's
    parent, as ``spec/blubber.md`` §1.6 has it.

    Example: ``Copy(build, source="dist/", destination="public/", exclude=["**/*.map"])``
    """

    origin: Origin = Field(kw_only=False)
    """Where the files are: ``"local"`` for the build context, a `Variant`, or an `Image`."""

    source: NonEmpty | None = None
    """Path of a file or directory; of a directory its contents are copied. A relative path is below the
    context's root, a variant's working directory, or an image's root. May hold the wildcards of a shell."""

    destination: NonEmpty | None = None
    """Path to copy to, below the application directory unless absolute. The source's own path if left out."""

    exclude: ListOf[NonEmpty] = ()
    """Patterns, as in ``.dockerignore`` and relative to the directory copied, of files to leave out."""

    @model_validator(mode="after")
    def _check_paths(self) -> Self:
        if self.source is None and self.destination is not None:
            raise InvalidError('is required if "destination" is also set', argument="source")
        if self.origin == "local" and self.source is not None:
            _inside_context(self.source)
        return self


def _leaves_context(source: str) -> bool:
    """Tell whether a path is none inside the build context."""
    return source.startswith("/") or posixpath.normpath(source).startswith("..")


def _inside_context(source: str) -> str:
    if _leaves_context(source):
        raise InvalidError(
            f'"{source}" is not a relative path inside the build context',
            'Files from elsewhere come from a Variant or an Image, not from "local".',
            argument="source",
        )
    return source


if TYPE_CHECKING:
    CopiedFiles: TypeAlias = Origin | Copy
    RequiredFiles: TypeAlias = str | Copy
else:
    CopiedFiles = Annotated[object, PlainValidator(_origin(Copy))]
    """A Copy, or just its origin."""

    RequiredFiles = Annotated[NonEmpty, AfterValidator(_inside_context)] | Copy
    """A Copy, or just its source in the build context."""


def as_copy(files: CopiedFiles) -> Copy:
    """Spell out the short form of an entry of ``copies``."""
    return files if isinstance(files, Copy) else Copy(files)


def as_requirement(files: RequiredFiles) -> Copy:
    """Spell out the short form of a requirement."""
    return files if isinstance(files, Copy) else Copy("local", source=files)


@definition
class Mount(Definition):
    """Files that a builder's command sees while it runs, and that leave nothing in the image."""

    origin: Origin = Field(kw_only=False)
    """Where the files are: ``"local"`` for the build context, a `Variant`, or an `Image`."""

    destination: NonEmpty = "."
    """Directory to mount them at, below the application directory unless absolute."""

    source: NonEmpty = "/"
    """Directory to mount, from the origin's root."""


@definition
class Cache(Definition):
    """A directory that outlives the build, for what a builder's command downloads or compiles."""

    destination: NonEmpty = Field(kw_only=False)
    """Directory to mount it at, below the application directory unless absolute."""

    id: NonEmpty | None = None
    """Name of the cache; builds that give the same name share it. Its destination if left out."""

    access: Literal["shared", "locked", "private"] = "shared"
    """Whether builds use it at the same time, wait for one another, or get one each."""


def as_mount(mounted: Origin | Mount) -> Mount:
    """Spell out the short form of a mount."""
    return mounted if isinstance(mounted, Mount) else Mount(mounted)


def as_cache(cache: str | Cache) -> Cache:
    """Spell out the short form of a cache."""
    return cache if isinstance(cache, Cache) else Cache(cache)


if TYPE_CHECKING:
    Mounts: TypeAlias = Sequence[Origin | Mount]
    Caches: TypeAlias = ListOfMixed[str | Cache]
    Copies: TypeAlias = Sequence[CopiedFiles]
    Requirements: TypeAlias = ListOfMixed[RequiredFiles]
else:
    Mounts = Annotated[ListOf[Annotated[object, PlainValidator(_origin(Mount))]], unique(as_mount)]
    Caches = Annotated[ListOf[NonEmpty | Cache], unique(as_cache)]
    Copies = Annotated[ListOf[CopiedFiles], unique(as_copy)]
    Requirements = Annotated[ListOf[RequiredFiles], unique(as_requirement)]
