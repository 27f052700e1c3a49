"""The resolved project: nothing inherited, nothing implied, every reference known to lead somewhere."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.model import AptProxy, AptSource, Builder, Copy, Node, Php, Python
from pipeline_dsl.resolve.order import foundations_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.errors import Position, Problem
    from pipeline_dsl.resolve.steps import ResolvedPipeline

Step: TypeAlias = Node | Php | Python | Builder
"""One build step of a variant, with the settings of all that it inherits."""


@dataclasses.dataclass(frozen=True)
class ResolvedApt:
    """Debian packages of a variant.

    Arguments:
        packages: names by target release; ``default`` is the base image's own release.
        sources: further archives.
        proxies: proxies for the time of the build.
    """

    packages: Mapping[str, tuple[str, ...]]
    sources: tuple[AptSource, ...]
    proxies: tuple[AptProxy, ...]


@dataclasses.dataclass(frozen=True)
class ResolvedUser:
    """A user of an image.

    Arguments:
        name: user name.
        uid: numeric user id.
        gid: numeric id of the user's group.
    """

    name: str
    uid: int
    gid: int


@dataclasses.dataclass(frozen=True)
class ResolvedVariant:
    """An image to be built, with the settings of the project and of all included variants merged in.

    Arguments:
        name: name of the variant.
        at: the author's line.
        base: reference of the image to start from; None for an empty one.
        arguments: build arguments and their defaults.
        apt: Debian packages.
        builders: build steps in the order in which they run.
        directory: the application directory.
        owner: whose the application's files are, and who runs the build steps.
        runner: who runs the finished image.
        run_directory: working directory of the finished image, where it is not the application directory.
        environment: environment variables.
        insecurely: whether the owner runs the finished image instead of the runner.
        entrypoint: program and arguments; None for the base image's own.
        copies: files to copy in at the end.
    """

    name: str
    at: Position
    base: str | None
    arguments: Mapping[str, str]
    apt: ResolvedApt
    builders: tuple[Step, ...]
    directory: str
    owner: ResolvedUser
    runner: ResolvedUser
    run_directory: str | None
    environment: Mapping[str, str]
    insecurely: bool
    entrypoint: tuple[str, ...] | None
    copies: tuple[Copy, ...]

    @property
    def final_directory(self) -> str:
        """The working directory of the finished image: what relative paths in it start from."""
        return "/" if self.base is None else self.run_directory or self.directory


@dataclasses.dataclass(frozen=True)
class Resolved:
    """A project with everything worked out.

    Arguments:
        name: name of the project.
        variants: its variants by name.
        needs: for each variant, the names of those that it takes files from.
        pipelines: its pipelines in order.
        warnings: what is allowed and yet hardly meant.
        referring: names of the variants whose own strings refer to what stages produce.
    """

    name: str
    variants: Mapping[str, ResolvedVariant]
    needs: Mapping[str, tuple[str, ...]]
    pipelines: tuple[ResolvedPipeline, ...]
    warnings: tuple[Problem, ...]
    referring: frozenset[str] = frozenset()

    def closure(self, variant: str) -> tuple[ResolvedVariant, ...]:
        """Give a variant and all that it takes files from, directly or not: sources first, itself last."""
        names = foundations_first([variant], self.needs.__getitem__)
        return tuple(self.variants[name] for name in names)
