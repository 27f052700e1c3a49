"""Resolving variants: each with all that it inherits, and what each takes files from."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.model import AptProxy, Builder, Image, Lives, Project, Runs, Variant
from pipeline_dsl.model.artifacts import as_copy, as_mount, as_requirement
from pipeline_dsl.model.variant import says_something
from pipeline_dsl.resolve.merge import merged, overlay, packages_by_release
from pipeline_dsl.resolve.resolved import ResolvedApt, ResolvedUser, ResolvedVariant, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline_dsl.model import Apt, Copy
    from pipeline_dsl.model.artifacts import Origin

_LIVES = Lives(directory="/srv/app", user="somebody", uid=65533, gid=65533)
_RUNS = Runs(user="runuser", uid=900, gid=900)
"""What holds where neither the project nor a variant says otherwise: ``spec/blubber.md`` §1.2."""


def expand(whole: Variant) -> ResolvedVariant:
    """Spell out a variant into which all that it inherits has been merged."""
    lives = overlay(_LIVES, whole.lives or Lives())
    runs = overlay(_RUNS, whole.runs or Runs())
    return ResolvedVariant(
        name=whole.name,
        at=whole.at,
        base=_base(whole),
        arguments=whole.arguments or {},
        apt=_apt(whole.apt),
        builders=_builders(whole),
        directory=str(lives.directory),
        owner=_user(lives),
        runner=_user(runs),
        run_directory=runs.directory,
        environment=runs.environment or {},
        insecurely=bool(runs.insecurely),
        entrypoint=tuple(whole.entrypoint or ()) or None,
        copies=tuple(as_copy(files) for files in whole.copies),
    )


def defects(whole: Variant) -> Iterator[Problem]:
    """Find what is wrong with a variant only once all that it inherits has been merged."""
    alone = [name for name in ("node", "php", "python", "builder") if says_something(getattr(whole, name))]
    if whole.builders and alone:
        message = f'variant "{whole.name}": builders and {" and ".join(alone)} come together by inheritance.'
        yield Problem("exclusive-builders", message, whole.at, "Use builders=[…] for all, or for none.")
    custom = [builder for builder in _builders(whole) if isinstance(builder, Builder)]
    if any(builder.command and builder.script for builder in custom):
        message = f'variant "{whole.name}": its builder has a script and an inherited command.'
        yield Problem("exclusive-command", message, whole.at, "Cancel the command with command=[].")


def warnings(variant: Variant, whole: Variant) -> Iterator[Problem]:
    """Find what is allowed in a variant and yet hardly meant.

    Arguments:
        variant: the variant.
        whole: the same with all that it inherits.
    """
    if whole.base is not None:
        return
    idle = [name for name in _SCRATCH_IGNORES if getattr(variant, name) is not None]
    if idle:
        message = f'variant "{variant.name}" has no base, so that its {" and ".join(idle)} have no effect.'
        yield Problem("no-base", message, variant.at, 'Give it a base; base="scratch" if none is meant.')


_SCRATCH_IGNORES = ("arguments", "apt", "node", "php", "python", "builder", "builders", "lives", "runs")


def needs(variant: ResolvedVariant) -> tuple[str, ...]:
    """Name the variants that one takes files from, in the order of ``spec/blubber.md`` §4."""
    builders = variant.builders if variant.base is not None else ()
    given = _origins(variant.copies, builders)
    return tuple(dict.fromkeys(origin.name for origin in given if isinstance(origin, Variant)))


def reachable(project: Project) -> dict[Variant, Variant]:
    """Give all variants of a project, and those that they and its stages refer to.

    Returns:
        For each variant the same with all that it inherits merged in.
    """
    found: dict[Variant, Variant] = {}
    waiting = [*_built(project), *reversed(project.variants)]
    while waiting:
        variant = waiting.pop()
        if variant not in found:
            found[variant] = merged(variant, project)
            waiting += [*variant.includes, *_referred(found[variant])]
    return found


def check_acyclic(needed: Mapping[str, tuple[str, ...]], variants: Mapping[str, ResolvedVariant]) -> None:
    """Make sure that no variant takes files from itself, directly or not.

    Raises:
        DefinitionError: one does; the problem names all on the way.
    """
    try:
        graphlib.TopologicalSorter(needed).prepare()
    except graphlib.CycleError as error:
        cycle: list[str] = error.args[1]
        message = f"variants take files from one another in a circle: {' ← '.join(cycle)}."
        raise DefinitionError([Problem("variant-cycle", message, variants[cycle[0]].at)]) from None


def _base(whole: Variant) -> str | None:
    if isinstance(whole.base, Image):
        return whole.base.reference
    return None if whole.base == "scratch" else whole.base


def _apt(apt: Apt | None) -> ResolvedApt:
    if apt is None:
        return ResolvedApt({}, (), ())
    proxies = tuple(proxy if isinstance(proxy, AptProxy) else AptProxy(proxy) for proxy in apt.proxies)
    return ResolvedApt(packages_by_release(apt), tuple(apt.sources), proxies)


def _builders(whole: Variant) -> tuple[Step, ...]:
    """Give the build steps in order: those of the list, then those that stand alone."""
    alone = (whole.node, whole.php, whole.python, whole.builder)
    return (*(whole.builders or ()), *(builder for builder in alone if builder is not None))


def _user(user: Lives | Runs) -> ResolvedUser:
    return ResolvedUser(str(user.user), user.uid or 0, user.gid or 0)


def _built(project: Project) -> Iterator[Variant]:
    for pipeline in project.pipelines:
        yield from (stage.build for stage in pipeline.stages if stage.build is not None)


def _referred(whole: Variant) -> Iterator[Variant]:
    given = _origins((as_copy(files) for files in whole.copies), _builders(whole))
    yield from (origin for origin in given if isinstance(origin, Variant))


def _origins(copies: Iterable[Copy], builders: Iterable[Step]) -> Iterator[Origin]:
    yield from (files.origin for files in copies)
    for builder in builders:
        yield from (as_requirement(files).origin for files in builder.requirements or ())
        if isinstance(builder, Builder):
            yield from (as_mount(files).origin for files in builder.mounts or ())
