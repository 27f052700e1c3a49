"""An image to be built: what is known of it before a run, and what turns up meanwhile."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import load_ignore, read_context
from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import dockerfile
from pipeline_dsl.resolve.strings import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.context.reading import ContextFile
    from pipeline_dsl.image import Dockerfile
    from pipeline_dsl.resolve import ResolvedBuild, ResolvedVariant


@dataclasses.dataclass(frozen=True)
class BuildParameters:
    """What whoever starts a run says about its builds.

    Arguments:
        arguments: values of build arguments, where they are not the defaults.
        platform: what images are to run on, such as ``linux/arm64``; the engine's own platform if empty.
    """

    arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)
    platform: str = ""


AS_DECLARED = BuildParameters()
"""Nothing is said: all build arguments have their defaults, and images run on the engine's platform."""


@dataclasses.dataclass(frozen=True, eq=False)
class PlannedBuild:
    """An image to be built; equal to itself only.

    Arguments:
        source: what is said about it; the strings in it may hold references.
        variants: the variant, after all that it takes files from.
        labels: labels of the image.
        tags: references that the image gets.
        parameters: what is said about the build.
        dockerfile: the Dockerfile, as far as it can be known without its base images.
        files: the files of the build context.
        is_open: whether variants, Dockerfile or files are only known when earlier stages have passed;
            ``settled`` then says what they are.
    """

    source: ResolvedBuild
    variants: tuple[ResolvedVariant, ...]
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    parameters: BuildParameters
    dockerfile: Dockerfile
    files: tuple[ContextFile, ...]
    is_open: bool = False

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return self.variants[-1].name

    def dockerfile_on(self, environments: Mapping[str, Mapping[str, str]]) -> Dockerfile:
        """Write the Dockerfile once its base images are known.

        Arguments:
            environments: the variables that each base image sets, by the image's reference.
        """
        return dockerfile(self.variants, self.labels, environments, self.parameters.arguments)

    def settled(
        self,
        directory: Path,
        change: Callable[[str], str],
        excludes: Sequence[str],
        overlays: Sequence[Path] = (),
    ) -> PlannedBuild:
        """Find out what an open build builds, now that all stages that it waits for have passed.

        Arguments:
            directory: the build context on disk.
            change: puts values in the place of the references in a string.
            excludes: patterns that stand instead of ``.dockerignore``, if there are any.
            overlays: directories whose files lie over those of the context, the last one on top.

        Raises:
            DefinitionError: files that the image takes are missing; all of them are named.
        """
        variants = tuple(rewritten(variant, change) for variant in self.variants)
        written = dockerfile(variants, self.labels, arguments=self.parameters.arguments)
        ignore = ignored_files(directory, excludes)
        try:
            files = read_context(directory, written.selections, ignore, overlays)
        except DefinitionError as error:
            raise DefinitionError(blamed(problem, variants[-1]) for problem in error.problems) from None
        return dataclasses.replace(self, variants=variants, dockerfile=written, files=files, is_open=False)


@dataclasses.dataclass(frozen=True)
class WantedBuild:
    """An image that a stage wants to be built.

    Arguments:
        source: what is said about it.
        is_late: whether files of earlier stages may be among those that it is built from.
        service: name of the service that it is for; empty for the stage's own.
    """

    source: ResolvedBuild
    is_late: bool = False
    service: str = ""

    @property
    def key(self) -> Hashable:
        """What is equal for builds that are the same."""
        source = self.source
        return (
            *(source.variant, source.directory, source.repository, repr(source.excludes), source.pull),
            self.is_late,
        )


def ignored_files(directory: Path, excludes: Sequence[str]) -> Ignore:
    """Say what of a directory is not part of a build.

    Arguments:
        directory: the build context on disk.
        excludes: patterns that stand instead of its ``.dockerignore``, if there are any.

    Raises:
        DefinitionError: a pattern is malformed.
    """
    return Ignore.of(excludes) if excludes else load_ignore(directory)


def blamed(problem: Problem, variant: ResolvedVariant) -> Problem:
    """Say whose files a problem with the build context is about."""
    if problem.at is not None:
        return problem
    message = f'variant "{variant.name}": {problem.message}'
    return dataclasses.replace(problem, message=message, at=variant.at)
