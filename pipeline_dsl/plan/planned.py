"""An image to be built: what is known of it before a run, and what turns up meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from typing import TYPE_CHECKING

from pipeline_dsl.context.contexts import ContextRequest
from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import dockerfile
from pipeline_dsl.resolve.strings import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from pathlib import Path

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
        context: the files that it is made of; None for an *open* build, whose variants, Dockerfile and files
            are only known when earlier stages have passed: ``settled`` then says what they are.
    """

    source: ResolvedBuild
    variants: tuple[ResolvedVariant, ...]
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    parameters: BuildParameters
    dockerfile: Dockerfile
    context: ContextRequest | None

    @property
    def is_open(self) -> bool:
        """Whether there is more to be known of it when earlier stages have passed."""
        return self.context is None

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return self.variants[-1].name

    def dockerfile_on(
        self, environments: Mapping[str, Mapping[str, str]], pieces: Mapping[str, Sequence[str]]
    ) -> Dockerfile:
        """Write the Dockerfile once its base images and its files are known.

        Arguments:
            environments: the variables that each base image sets, by the image's reference.
            pieces: in which directories of the build context there is what should be in another one.
        """
        return dockerfile(self.variants, self.labels, environments, self.parameters.arguments, pieces)

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
            DefinitionError: a variant holds what a Dockerfile cannot express.
        """
        variants = tuple(rewritten(variant, change) for variant in self.variants)
        written = dockerfile(variants, self.labels, arguments=self.parameters.arguments)
        context = context_request(directory, written, excludes, overlays)
        return dataclasses.replace(self, variants=variants, dockerfile=written, context=context)


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


def context_request(
    directory: Path, written: Dockerfile, excludes: Sequence[str], overlays: Sequence[Path] = ()
) -> ContextRequest:
    """Ask for the files of a Dockerfile.

    Arguments:
        directory: the build context on disk.
        written: the Dockerfile.
        excludes: patterns that stand instead of ``.dockerignore``, if there are any.
        overlays: directories whose files lie over those of the context, the last one on top.
    """
    return ContextRequest(
        root=os.fspath(directory),
        selections=written.selections,
        excludes=tuple(excludes),
        overlays=tuple(map(os.fspath, overlays)),
    )


@contextlib.contextmanager
def blamed_on_variant(variant: ResolvedVariant) -> Iterator[None]:
    """Say whose files the problems with a build context are about.

    Raises:
        DefinitionError: there were problems.
    """
    try:
        yield
    except DefinitionError as error:
        raise DefinitionError(blamed(problem, variant) for problem in error.problems) from None


def blamed(problem: Problem, variant: ResolvedVariant) -> Problem:
    """Say whose files a problem with the build context is about."""
    if problem.at is not None:
        return problem
    message = f'variant "{variant.name}": {problem.message}'
    return dataclasses.replace(problem, message=message, at=variant.at)
