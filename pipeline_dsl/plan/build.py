"""Planned builds: which Dockerfile and which files an image is going to be built from."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

from pipeline_dsl import __version__
from pipeline_dsl.errors import DefinitionError, Problem, UsageError
from pipeline_dsl.image import dockerfile
from pipeline_dsl.plan.context import load_ignore, read_context
from pipeline_dsl.plan.ignore import Ignore
from pipeline_dsl.plan.names import check_known
from pipeline_dsl.resolve import ResolvedBuild
from pipeline_dsl.resolve.expressions import interpolate_code
from pipeline_dsl.resolve.strings import rewritten, variant_references
from pipeline_dsl.resolve.template import references, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.image import Dockerfile
    from pipeline_dsl.plan.context import ContextFile
    from pipeline_dsl.resolve import Resolved, ResolvedVariant
    from pipeline_dsl.resolve.expressions import Expression

BLUBBER_VERSION = "1.8.0"
"""The version of Blubber whose behaviour the images have."""

_USER_ARGUMENTS = tuple(f"{user}_{what}" for user in ("LIVES", "RUNS") for what in ("AS", "UID", "GID"))
_PROXY_ARGUMENTS = tuple(f"{what}_proxy" for what in ("http", "https", "ftp", "no", "all"))
"""Build arguments that every variant has; those of proxies in upper case as well."""


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
        ignore = _ignore(directory, excludes)
        try:
            files = read_context(directory, written.selections, ignore, overlays)
        except DefinitionError as error:
            raise DefinitionError(_blame(problem, variants[-1]) for problem in error.problems) from None
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


def plan_build(
    resolved: Resolved,
    root: Path,
    variant: str,
    parameters: BuildParameters = AS_DECLARED,
    tags: Sequence[str] = (),
) -> PlannedBuild:
    """Work out how a single variant's image is built.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        variant: name of the variant.
        parameters: what is said about the build.
        tags: references that the image gets beside the usual one.

    Raises:
        UsageError: there is no such variant, or no such build argument.
        DefinitionError: files that the image takes are missing; all of them are named.
    """
    check_known("variant", [variant], resolved.variants)
    (build,) = plan_builds(resolved, root, [WantedBuild(ResolvedBuild(variant))], parameters).values()
    if build.is_open:
        message = f'variant "{variant}" refers to what stages of a pipeline produce.'
        at = resolved.variants[variant].at
        raise UsageError([Problem("open-variant", message, at, "Run the pipeline that builds it.")])
    return dataclasses.replace(build, tags=(*build.tags, *tags))


def plan_dockerfile(resolved: Resolved, variant: str) -> Dockerfile:
    """Write the Dockerfile of a variant, as far as it can be known without its base images.

    Arguments:
        resolved: the project.
        variant: name of the variant.

    Raises:
        UsageError: there is no such variant.
    """
    check_known("variant", [variant], resolved.variants)
    return dockerfile(resolved.closure(variant), _labels(resolved, variant))


def plan_builds(
    resolved: Resolved,
    root: Path,
    builds: Iterable[WantedBuild],
    parameters: BuildParameters = AS_DECLARED,
) -> dict[Hashable, PlannedBuild]:
    """Work out how images are built.

    Arguments:
        resolved: the project.
        root: its root directory.
        builds: the images.
        parameters: what is said about the builds.

    Returns:
        The plan of each by its key; those of the same key share one.

    Raises:
        UsageError: no variant that is built has such a build argument.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    wanted = {build.key: build for build in builds}
    sources = [build.source for build in wanted.values()]
    check_known("build argument", parameters.arguments, _build_arguments(resolved, sources))
    planned: dict[Hashable, PlannedBuild] = {}
    blamed: dict[Problem, Problem] = {}  # on the first variant that has it, not on all that inherit it
    for key, build in wanted.items():
        try:
            planned[key] = _plan_build(resolved, root, build, parameters)
        except DefinitionError as error:
            for problem in error.problems:
                blamed.setdefault(problem, _blame(problem, resolved.variants[build.source.variant]))
    if blamed:
        raise DefinitionError(blamed.values())
    return planned


def slug(name: str) -> str:
    """Make a name fit for images and containers: lower case, and letters, digits and dashes only."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def _build_arguments(resolved: Resolved, builds: Iterable[ResolvedBuild]) -> dict[str, None]:
    """Name the build arguments that images have."""
    needed = (one for build in builds for one in resolved.closure(build.variant))
    declared = dict.fromkeys(name for variant in needed for name in variant.arguments)
    proxies = (*_PROXY_ARGUMENTS, *(name.upper() for name in _PROXY_ARGUMENTS))
    return declared | dict.fromkeys((*_USER_ARGUMENTS, *proxies))


def _plan_build(
    resolved: Resolved, root: Path, wanted: WantedBuild, parameters: BuildParameters
) -> PlannedBuild:
    build = wanted.source
    variants, labels = resolved.closure(build.variant), _labels(resolved, build.variant)
    is_open = wanted.is_late or bool(build.repository) or _has_references(build, variants)
    known = tuple(rewritten(one, _foreseen) for one in variants) if is_open else variants
    written = dockerfile(known, labels, arguments=parameters.arguments)
    files: tuple[ContextFile, ...] = ()
    if not is_open:
        directory = context_directory(root, build.directory, resolved.variants[build.variant])
        files = read_context(directory, written.selections, _ignore(directory, texts(build.excludes, _none)))
    tag = f"pipeline-dsl/{slug(resolved.name)}:{build.variant}"
    return PlannedBuild(build, variants, labels, (tag,), parameters, written, files, is_open)


def context_directory(root: Path, directory: str, variant: ResolvedVariant) -> Path:
    """Say where a build context is on disk.

    Arguments:
        root: the project's root directory.
        directory: the context, from there.
        variant: the variant that is built from it.

    Raises:
        DefinitionError: it is not there, or not inside the project.
    """
    found = root / directory
    reason = ""
    if not found.is_dir():
        reason = "which is not there"
    elif not found.resolve().is_relative_to(root.resolve()):
        reason = "which is not inside the project"
    if reason:
        message = f'variant "{variant.name}" is built from the directory "{directory}", {reason}.'
        raise DefinitionError([Problem("no-context", message, variant.at)])
    return found


def _ignore(directory: Path, excludes: Sequence[str]) -> Ignore:
    return Ignore.of(excludes) if excludes else load_ignore(directory)


def _has_references(build: ResolvedBuild, variants: Iterable[ResolvedVariant]) -> bool:
    in_variants = (one for variant in variants for one in variant_references(variant))
    in_build = references([build.directory, build.excludes])
    return any(True for _ in itertools.chain(in_build, in_variants)) or not isinstance(build.excludes, tuple)


def _foreseen(code: str) -> str:
    """Put something in the place of the references in a string, as long as their values are not there."""
    return interpolate_code(code, lambda _: "unknown")


def _none(_expression: Expression) -> None:
    """Give the value of an expression where there are none."""


def _blame(problem: Problem, variant: ResolvedVariant) -> Problem:
    """Say whose files a problem with the build context is about."""
    if problem.at is not None:
        return problem
    message = f'variant "{variant.name}": {problem.message}'
    return dataclasses.replace(problem, message=message, at=variant.at)


def _labels(resolved: Resolved, variant: str) -> dict[str, str]:
    return {
        "blubber.variant": variant,
        "blubber.version": f"{BLUBBER_VERSION}+pipeline-dsl.{__version__}",
        "pipeline-dsl.project": resolved.name,
        "pipeline-dsl.version": __version__,
    }
