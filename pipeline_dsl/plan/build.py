"""Planning builds: which Dockerfile and which files an image is going to be built from."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl import __version__
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.errors import DefinitionError, Problem, UsageError
from pipeline_dsl.image import dockerfile
from pipeline_dsl.plan.names import check_known
from pipeline_dsl.plan.planned import (
    AS_DECLARED,
    BuildParameters,
    PlannedBuild,
    WantedBuild,
    blamed,
    context_request,
)
from pipeline_dsl.resolve import ResolvedBuild
from pipeline_dsl.resolve.expressions import interpolate_code
from pipeline_dsl.resolve.strings import rewritten
from pipeline_dsl.resolve.template import references, texts

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from pathlib import Path

    from pipeline_dsl.image import Dockerfile
    from pipeline_dsl.resolve import Resolved, ResolvedVariant
    from pipeline_dsl.resolve.expressions import Expression

BLUBBER_VERSION = "1.8.0"
"""The version of Blubber whose behaviour the images have."""

_USER_ARGUMENTS = tuple(f"{user}_{what}" for user in ("LIVES", "RUNS") for what in ("AS", "UID", "GID"))
_PROXY_ARGUMENTS = tuple(f"{what}_proxy" for what in ("http", "https", "ftp", "no", "all"))
"""Build arguments that every variant has; those of proxies in upper case as well."""


def plan_build(  # noqa: PLR0913 -- what there is, what is wanted of it, and who reads the files
    resolved: Resolved,
    root: Path,
    variant: str,
    parameters: BuildParameters = AS_DECLARED,
    *,
    tags: Sequence[str] = (),
    contexts: Contexts | None = None,
) -> PlannedBuild:
    """Work out how a single variant's image is built.

    Arguments:
        resolved: the project.
        root: directory that images are built from.
        variant: name of the variant.
        parameters: what is said about the build.
        tags: references that the image gets beside the usual one.
        contexts: reads the files.

    Raises:
        UsageError: there is no such variant, or no such build argument.
        DefinitionError: files that the image takes are missing; all of them are named.
    """
    check_known("variant", [variant], resolved.variants)
    wanted = [WantedBuild(ResolvedBuild(variant))]
    (build,) = plan_builds(resolved, root, wanted, parameters, contexts).values()
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
    contexts: Contexts | None = None,
) -> dict[Hashable, PlannedBuild]:
    """Work out how images are built.

    Arguments:
        resolved: the project.
        root: its root directory.
        builds: the images.
        parameters: what is said about the builds.
        contexts: reads the files.

    Returns:
        The plan of each by its key; those of the same key share one.

    Raises:
        UsageError: no variant that is built has such a build argument.
        DefinitionError: files that an image takes are missing; all of them are named.
    """
    wanted = {build.key: build for build in builds}
    sources = [build.source for build in wanted.values()]
    check_known("build argument", parameters.arguments, _build_arguments(resolved, sources))
    contexts = contexts or Contexts(None)
    planned: dict[Hashable, PlannedBuild] = {}
    directories: dict[str, Path] = {}
    found: dict[Problem, Problem] = {}  # on the first variant that has it, not on all that inherit it
    for key, build in wanted.items():
        try:
            planned[key] = made = _plan_build(resolved, root, build, parameters, directories)
            if made.context:
                contexts.check(made.context)
        except DefinitionError as error:
            for problem in error.problems:
                found.setdefault(problem, blamed(problem, resolved.variants[build.source.variant]))
    if found:
        raise DefinitionError(found.values())
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
    resolved: Resolved,
    root: Path,
    wanted: WantedBuild,
    parameters: BuildParameters,
    directories: dict[str, Path],
) -> PlannedBuild:
    build = wanted.source
    variants, labels = resolved.closure(build.variant), _labels(resolved, build.variant)
    is_referring = any(one.name in resolved.referring for one in variants) or _has_references(build)
    is_open = wanted.is_late or bool(build.repository) or is_referring
    known = tuple(rewritten(one, _foreseen) for one in variants) if is_open else variants
    written = dockerfile(known, labels, arguments=parameters.arguments)
    context = None
    if not is_open:
        if build.directory not in directories:
            variant = resolved.variants[build.variant]
            directories[build.directory] = context_directory(root, build.directory, variant)
        context = context_request(directories[build.directory], written, texts(build.excludes, _none))
    tag = f"pipeline-dsl/{slug(resolved.name)}:{build.variant}"
    return PlannedBuild(build, variants, labels, (tag,), parameters, written, context)


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


def _has_references(build: ResolvedBuild) -> bool:
    found = references([build.directory, build.excludes])
    return any(True for _ in found) or not isinstance(build.excludes, tuple)


def _foreseen(code: str) -> str:
    """Put something in the place of the references in a string, as long as their values are not there."""
    return interpolate_code(code, lambda _: "unknown")


def _none(_expression: Expression) -> None:
    """Give the value of an expression where there are none."""


def _labels(resolved: Resolved, variant: str) -> dict[str, str]:
    return {
        "blubber.variant": variant,
        "blubber.version": f"{BLUBBER_VERSION}+pipeline-dsl.{__version__}",
        "pipeline-dsl.project": resolved.name,
        "pipeline-dsl.version": __version__,
    }
