"""Which files go where: the rules of ``spec/blubber.md`` §1.6 for copies and requirements."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.image.instructions import Built, Context, CopyFiles, Existing, Place
from pipeline_dsl.model import Image, Variant
from pipeline_dsl.model.artifacts import as_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.model import Copy
    from pipeline_dsl.model.artifacts import Origin, RequiredFiles
    from pipeline_dsl.resolve import ResolvedVariant

LIBRARIES = "/opt/lib"
"""Where a variant's dependencies live that are not in the application directory."""


@dataclasses.dataclass(frozen=True)
class Requirement:
    """A requirement with its paths worked out.

    Arguments:
        origin: where the files are.
        source: path there.
        destination: the directory, with a slash at its end, or the file to copy to.
        exclude: patterns of what to leave out.
    """

    origin: Origin
    source: str
    destination: str
    exclude: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where the required file or directory ends up."""
        if not self.destination.endswith("/") or self.source.endswith("/"):
            return self.destination
        return posixpath.normpath(posixpath.join(self.destination, posixpath.basename(self.source)))


def requirements(files: Iterable[RequiredFiles] | None) -> tuple[Requirement, ...]:
    """Work out the paths of a builder's requirements."""
    return tuple(_requirement(as_requirement(required)) for required in files or ())


def place(origin: Origin) -> Place:
    """Say where an origin's files are."""
    if isinstance(origin, Variant):
        return Built(origin.name)
    return Existing(origin.reference) if isinstance(origin, Image) else Context()


def copied_requirements(
    required: Iterable[Requirement], variants: Mapping[str, ResolvedVariant]
) -> Iterator[CopyFiles]:
    """Group requirements into copies: one for each origin and destination.

    Arguments:
        required: the requirements.
        variants: all variants by name.
    """
    groups: dict[Place, dict[str, list[Requirement]]] = {}
    for requirement in required:
        by_destination = groups.setdefault(place(requirement.origin), {})
        by_destination.setdefault(requirement.destination, []).append(requirement)
    for origin, by_destination in groups.items():
        for destination, group in by_destination.items():
            yield CopyFiles(
                origin,
                tuple(_source_path(origin, one.source, variants) for one in group),
                destination if len(group) == 1 else destination.rstrip("/") + "/",
                owned=True,
                exclude=tuple(pattern for one in group for pattern in one.exclude),
            )


def copied_files(
    files: Copy, variant: ResolvedVariant, variants: Mapping[str, ResolvedVariant]
) -> Iterator[CopyFiles]:
    """Work out an entry of a variant's copies.

    Arguments:
        files: the entry.
        variant: the variant that it is copied into.
        variants: all variants by name.
    """
    origin, owned, exclude = place(files.origin), variant.base is not None, tuple(files.exclude)
    if files.source is not None:
        source = _source_path(origin, files.source, variants)
        yield CopyFiles(origin, (source,), files.destination or files.source, owned, exclude)
    elif isinstance(origin, Context):
        yield CopyFiles(origin, (".",), ".", owned, exclude)
    else:
        for directory in (variant.directory, LIBRARIES):
            yield CopyFiles(origin, (directory,), directory, owned, exclude)


def _requirement(files: Copy) -> Requirement:
    given = files.source or "./"
    source = _clean(given)
    is_directory = source.endswith("/")
    if files.destination is not None:
        destination = _clean(files.destination)
        if is_directory and not destination.endswith("/"):
            destination += "/"
    elif is_directory:
        destination = given if given == "." else source
    else:
        destination = posixpath.join(posixpath.dirname(source) or ".", "")
    return Requirement(files.origin, source, destination, tuple(files.exclude))


def _clean(path: str) -> str:
    """Clean a path; one that is a directory by its spelling ends in a slash."""
    cleaned = posixpath.normpath(path)
    is_directory = path.endswith("/") or cleaned == "."
    return cleaned + "/" if is_directory and cleaned != "/" else cleaned


def _source_path(origin: Place, source: str, variants: Mapping[str, ResolvedVariant]) -> str:
    """Make a path in another file system absolute: relative to where that variant ends up working."""
    if isinstance(origin, Context) or source.startswith("/"):
        return source
    start = variants[origin.variant].final_directory if isinstance(origin, Built) else "/"
    return posixpath.join(start, source.removeprefix("./"))
