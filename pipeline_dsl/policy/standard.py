"""The policies that come with the package, by the names by which they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem, UsageError, did_you_mean
from pipeline_dsl.policy.declaration import Violation
from pipeline_dsl.policy.images import images, is_from, is_own
from pipeline_dsl.policy.pins import PINS
from pipeline_dsl.resolve.expressions import sole_expression

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline_dsl.policy.declaration import Policy
    from pipeline_dsl.resolve import Resolved, ResolvedVariant


def only_from(places: Sequence[str]) -> Policy:
    """Make a policy: images come from no other registries than these.

    Arguments:
        places: hosts of registries, or starts of names such as ``docker.io/library``.

    Raises:
        UsageError: one of them is empty, or there is none.
    """
    if not all(place.strip("/") for place in places or [""]):
        raise _unfit(
            "registries", "names registries.", "Such as registries=registry.example,docker.io/library."
        )

    def registries(project: Resolved) -> Iterator[Violation]:
        for variant in project.variants.values():
            for setting, reference in images(variant):
                if not (is_own(reference) or any(is_from(reference, place) for place in places)):
                    message = f'"{reference}" does not come from {" or ".join(places)}.'
                    yield Violation(variant.name, setting, message)

    return registries


def secure(names: Sequence[str]) -> Policy:
    """Make a policy: what goes into production cannot change its own code.

    Arguments:
        names: the variants in question, each of which has to be there. If there are none, those that stages
            publish; and ``production`` if there are no such stages.
    """

    def secure(project: Resolved) -> Iterator[Violation]:
        wanted = names or tuple(_published(project)) or ("production",)
        for variant in project.variants.values():
            if variant.name in wanted and variant.insecurely:
                message = "the application would run as the user that owns its files."
                yield Violation(variant.name, "runs.insecurely", message)
        missing = [_missing(name, project) for name in wanted if name not in project.variants]
        if missing:
            raise DefinitionError(missing)

    return secure


def no_root(values: Sequence[str]) -> Policy:
    """Make a policy: neither files nor processes of the application are root's.

    Arguments:
        values: none.

    Raises:
        UsageError: there are some.
    """
    if values:
        raise _unfit("no-root", "takes no values.", "Write no-root alone.")

    def no_root(project: Resolved) -> Iterator[Violation]:
        for variant in project.variants.values():
            yield from _root(variant)

    return no_root


def pinned(kinds: Sequence[str]) -> Policy:
    """Make a policy: what a build installs has a version.

    Arguments:
        kinds: some of ``images``, ``apt`` and ``python``; all of them if there are none.

    Raises:
        UsageError: there is no such kind.
    """
    for kind in kinds:
        if kind not in PINS:
            hint = did_you_mean(kind, PINS) or f"There are: {', '.join(PINS)}."
            raise _unfit("pinned", f'knows no "{kind}".', hint)

    def pinned(project: Resolved) -> Iterator[Violation]:
        for variant in project.variants.values():
            for kind in kinds or PINS:
                yield from PINS[kind](variant)

    return pinned


STANDARD: Mapping[str, Callable[[Sequence[str]], Policy]] = {
    "no-root": no_root,
    "pinned": pinned,
    "registries": only_from,
    "secure": secure,
}
"""For each name, what makes the policy from the values behind it."""


def _root(variant: ResolvedVariant) -> Iterator[Violation]:
    if variant.base is None:
        if variant.entrypoint:
            message = "an image from nothing has no user but root to run it."
            yield Violation(variant.name, "entrypoint", message, "Give the variant a base.")
        return
    if variant.owner.uid == 0:
        yield Violation(variant.name, "lives.uid", "the application's files would be root's.")
    if variant.runner.uid == 0:
        yield Violation(variant.name, "runs.uid", "the application would run as root.")


def _published(project: Resolved) -> Iterator[str]:
    """Name the variants whose images stages publish: their own, and those of other stages."""
    for pipeline in project.pipelines:
        builds = {stage.name: stage.build for stage in pipeline.stages if stage.build}
        for stage in pipeline.stages:
            image = sole_expression(stage.publish.image) if stage.publish else None
            build = builds.get(image.namespace or stage.name) if image else None
            if build:
                yield build.variant


def _missing(name: str, project: Resolved) -> Problem:
    message = f'policy "secure": there is no variant "{name}".'
    hint = (
        did_you_mean(name, project.variants) or "Name those that go into production: secure=VARIANT,VARIANT."
    )
    return Problem("unknown-variant", message, hint=hint)


def _unfit(name: str, message: str, hint: str) -> UsageError:
    return UsageError([Problem("policy-values", f'policy "{name}" {message}', hint=hint)])
