"""Planned builds: which Dockerfile and which files an image is going to be built from."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl import __version__
from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import dockerfile
from pipeline_dsl.plan.context import load_ignore, read_context
from pipeline_dsl.plan.names import check_known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.image import Dockerfile
    from pipeline_dsl.plan.context import ContextFile
    from pipeline_dsl.plan.ignore import Ignore
    from pipeline_dsl.resolve import Resolved, ResolvedVariant

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


@dataclasses.dataclass(frozen=True)
class PlannedBuild:
    """An image to be built.

    Arguments:
        variants: the variant, after all that it takes files from.
        labels: labels of the image.
        tags: references that the image gets.
        parameters: what is said about the build.
        dockerfile: the Dockerfile, as far as it can be known without its base images.
        files: the files of the build context.
    """

    variants: tuple[ResolvedVariant, ...]
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    parameters: BuildParameters
    dockerfile: Dockerfile
    files: tuple[ContextFile, ...]

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
    build = plan_builds(resolved, root, [variant], parameters)[variant]
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
    variants: Collection[str],
    parameters: BuildParameters = AS_DECLARED,
) -> dict[str, PlannedBuild]:
    """Work out how the images of several variants are built.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        variants: names of the variants.
        parameters: what is said about the builds.

    Returns:
        The build of each variant by its name.

    Raises:
        UsageError: no variant that is built has such a build argument.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    check_known("build argument", parameters.arguments, _build_arguments(resolved, variants))
    ignore = load_ignore(root)
    builds: dict[str, PlannedBuild] = {}
    blamed: dict[Problem, Problem] = {}  # on the first variant that has it, not on all that inherit it
    for name in variants:
        try:
            builds[name] = _plan_build(resolved, root, ignore, name, parameters)
        except DefinitionError as error:
            for problem in error.problems:
                blamed.setdefault(problem, _blame(problem, resolved.variants[name]))
    if blamed:
        raise DefinitionError(blamed.values())
    return builds


def slug(name: str) -> str:
    """Make a name fit for images and containers: lower case, and letters, digits and dashes only."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def _build_arguments(resolved: Resolved, variants: Iterable[str]) -> dict[str, None]:
    """Name the build arguments that the images of some variants have."""
    needed = (one for variant in variants for one in resolved.closure(variant))
    declared = dict.fromkeys(name for variant in needed for name in variant.arguments)
    proxies = (*_PROXY_ARGUMENTS, *(name.upper() for name in _PROXY_ARGUMENTS))
    return declared | dict.fromkeys((*_USER_ARGUMENTS, *proxies))


def _plan_build(
    resolved: Resolved, root: Path, ignore: Ignore, variant: str, parameters: BuildParameters
) -> PlannedBuild:
    variants, labels = resolved.closure(variant), _labels(resolved, variant)
    written = dockerfile(variants, labels, arguments=parameters.arguments)
    files = read_context(root, written.selections, ignore)
    tag = f"pipeline-dsl/{slug(resolved.name)}:{variant}"
    return PlannedBuild(variants, labels, (tag,), parameters, written, files)


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
