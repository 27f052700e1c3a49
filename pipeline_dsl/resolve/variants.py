"""Resolving variants: each with all that it inherits, and what each takes files from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.model import (
    AptProxy,
    Build,
    Builder,
    Copy,
    Image,
    Lives,
    Mount,
    Project,
    Run,
    Runs,
    Variant,
)
from pipeline_dsl.model.artifacts import as_copy
from pipeline_dsl.resolve.merge import Inheritance, overlay, packages_by_release
from pipeline_dsl.resolve.resolved import ResolvedApt, ResolvedUser, ResolvedVariant, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.model import Apt
    from pipeline_dsl.model.artifacts import CopiedFiles

_LIVES = Lives(directory="/srv/app", user="somebody", uid=65533, gid=65533)
_RUNS = Runs(user="runuser", uid=900, gid=900)
"""What holds where neither the project nor a variant says otherwise: ``spec/blubber.md`` §1.2."""


def reachable(project: Project) -> dict[Variant, Variant]:
    """Give all variants of a project, and those that they and its stages refer to.

    Returns:
        For each variant the same with all that it inherits merged in.
    """
    inheritance = Inheritance(project)
    found: dict[Variant, Variant] = {}
    waiting = [*built(project), *reversed(project.variants)]
    while waiting:
        variant = waiting.pop()
        if variant not in found:
            found[variant] = inheritance.merged(variant)
            waiting += [*variant.includes, *sources(found[variant])]
    return found


def built(project: Project) -> Iterator[Variant]:
    """Give the variants that the stages of a project build, for themselves and for their services."""
    for stage in (stage for pipeline in project.pipelines for stage in pipeline.stages):
        if stage.build is not None:
            yield stage.build.variant if isinstance(stage.build, Build) else stage.build
        if isinstance(stage.run, Run):
            yield from (one.image for one in stage.run.services if isinstance(one.image, Variant))


def expand(whole: Variant) -> ResolvedVariant:
    """Spell out a variant into which all that it inherits has been merged."""
    lives = overlay(_LIVES, whole.lives) if whole.lives else _LIVES
    runs = overlay(_RUNS, whole.runs) if whole.runs else _RUNS
    return ResolvedVariant(
        name=whole.name,
        at=whole.at,
        base=_base(whole),
        arguments=whole.arguments or {},
        apt=_apt(whole.apt),
        builders=steps(whole),
        directory=str(lives.directory),
        owner=_user(lives),
        runner=_user(runs),
        run_directory=runs.directory,
        environment=runs.environment or {},
        insecurely=bool(runs.insecurely),
        entrypoint=tuple(whole.entrypoint or ()) or None,
        copies=tuple(as_copy(files) for files in whole.copies),
    )


def steps(whole: Variant) -> tuple[Step, ...]:
    """Give the build steps in order: those of the list, then those that stand alone."""
    alone = (whole.node, whole.php, whole.python, whole.builder)
    return (*(whole.builders or ()), *(builder for builder in alone if builder is not None))


def needs(variant: ResolvedVariant) -> tuple[str, ...]:
    """Name the variants that one takes files from, in the order of ``spec/blubber.md`` §4."""
    builders = variant.builders if variant.base is not None else ()
    return tuple(dict.fromkeys(source.name for source in _sources(variant.copies, builders)))


def sources(whole: Variant) -> Iterator[Variant]:
    """Give the variants that one would take files from, whether it starts from a base or not."""
    return _sources(whole.copies, steps(whole))


def _base(whole: Variant) -> str | None:
    base = whole.base.reference if isinstance(whole.base, Image) else whole.base
    return None if base == "scratch" else base


def _apt(apt: Apt | None) -> ResolvedApt:
    if apt is None:
        return ResolvedApt({}, (), ())
    proxies = tuple(proxy if isinstance(proxy, AptProxy) else AptProxy(proxy) for proxy in apt.proxies)
    return ResolvedApt(packages_by_release(apt), tuple(apt.sources), proxies)


def _user(user: Lives | Runs) -> ResolvedUser:
    return ResolvedUser(str(user.user), user.uid or 0, user.gid or 0)


def _sources(copies: Iterable[CopiedFiles], builders: Iterable[Step]) -> Iterator[Variant]:
    for origin in _origins(copies, builders):
        if isinstance(origin, Variant):
            yield origin


def _origins(copies: Iterable[CopiedFiles], builders: Iterable[Step]) -> Iterator[object]:
    """Give all origins of files; a requirement that is a string comes from the build context."""
    yield from (files.origin if isinstance(files, Copy) else files for files in copies)
    for builder in builders:
        yield from (files.origin for files in builder.requirements or () if isinstance(files, Copy))
        if isinstance(builder, Builder):
            mounts = builder.mounts or ()
            yield from (files.origin if isinstance(files, Mount) else files for files in mounts)
