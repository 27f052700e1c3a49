"""Dockerfiles: recipes written down for the Dockerfile front end that is built into Engine 20.10."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from pipeline_dsl.image.naming import named
from pipeline_dsl.image.recipe import recipe
from pipeline_dsl.image.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline_dsl.context.selection import Selection
    from pipeline_dsl.resolve import ResolvedVariant

_RESERVED = ("scratch", "context")
"""Names that mean something else to the front end."""


@dataclasses.dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile and what it needs.

    Arguments:
        lines: the Dockerfile, but for what is only a name; see ``Naming``.
        names: the names.
        target: name of the stage that becomes the image.
        images: references of the existing images that it starts or copies from.
        selections: the files of the build context that it takes.
        divisible: what it copies from the build context and may find in pieces, if it is a directory.
    """

    lines: tuple[str, ...]
    names: tuple[str, ...]
    target: str
    images: tuple[str, ...]
    selections: tuple[Selection, ...]
    divisible: tuple[str, ...]

    @functools.cached_property
    def text(self) -> str:
        """The Dockerfile."""
        return named("\n".join(self.lines), self.names)


def dockerfile(
    variants: Sequence[ResolvedVariant],
    labels: Mapping[str, str],
    environments: Mapping[str, Mapping[str, str]] | None = None,
    arguments: Mapping[str, str] | None = None,
    pieces: Mapping[str, Sequence[str]] | None = None,
) -> Dockerfile:
    """Write the Dockerfile of a variant, with one stage for each variant that it needs.

    Arguments:
        variants: the variant, after all that it takes files from.
        labels: labels of the image.
        environments: the variables that base images set, by the image's reference, as far as known. They
            are needed only where the path of a mount or a cache holds one, and where a build argument has
            the name of one.
        arguments: values of build arguments, where they are not the defaults.
        pieces: in which directories of the build context there is what should be in another one of it, by
            that one; it has to be divisible.

    Raises:
        DefinitionError: a variant holds what a Dockerfile cannot express.
    """
    by_name = {variant.name: variant for variant in variants}
    known = environments or {}
    names = _stage_names(by_name)
    writer = Writer(names, pieces or {})
    blocks: list[str] = []
    for variant in variants:
        written = recipe(variant, by_name, known.get(variant.base or ""), arguments)
        blocks += writer.stage(written, labels if variant is variants[-1] else None)
    return Dockerfile(
        lines=tuple(blocks),
        names=writer.naming.names,
        target=names[variants[-1].name],
        images=tuple(writer.images),
        selections=tuple(writer.selections),
        divisible=writer.selections.divisible,
    )


def _stage_names(variants: Iterable[str]) -> dict[str, str]:
    """Name the stages: like the variants, but a Dockerfile does not tell upper case from lower."""
    names: dict[str, str] = {}
    taken = {*_RESERVED}
    for variant in variants:
        name, count = variant.lower(), 1
        while name in taken:
            count += 1
            name = f"{variant.lower()}-{count}"
        names[variant] = name
        taken.add(name)
    return names
