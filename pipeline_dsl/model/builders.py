"""What turns an application's sources into something that runs: package managers and custom commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, model_validator

from pipeline_dsl.model.artifacts import Caches, Mounts, Requirements
from pipeline_dsl.model.definition import Definition, definition
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.types import ListOf, NodeEnvironment, NonEmpty, PythonVersionSpecification

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self


@definition
class Node(Definition):
    """Dependencies of a Node.js application, installed with npm.

    Example: ``Node(requirements=["package.json", "package-lock.json"], use_npm_ci=True)``
    """

    requirements: Requirements | None = None
    """Files that npm needs, usually ``package.json`` and ``package-lock.json``. npm runs only if there
    are any."""

    env: NodeEnvironment | None = None
    """Value of ``NODE_ENV`` in the image; ``production`` also leaves development dependencies out."""

    use_npm_ci: bool | None = None
    """Run ``npm ci``, which keeps to the lock file, instead of ``npm install``."""

    allow_dedupe_failure: bool | None = None
    """Go on when ``npm dedupe``, which production dependencies go through, fails."""


@definition
class Php(Definition):
    """Dependencies of a PHP application, installed with composer."""

    requirements: Requirements | None = None
    """Files that composer needs, usually ``composer.json`` and ``composer.lock``."""

    production: bool | None = None
    """Leave development dependencies out."""


@definition
class Poetry(Definition):
    """Install a Python application's dependencies with poetry instead of pip."""

    version: PythonVersionSpecification | None = None
    """Which poetry: comparisons such as ``==1.8.3`` or ``>=1.5,<2``. Poetry is used only if this is set."""

    devel: bool | None = None
    """Install development dependencies too."""

    only: NonEmpty | None = None
    """Install only these dependency groups, separated by commas."""

    without: NonEmpty | None = None
    """Leave these dependency groups out, separated by commas."""


@definition
class Python(Definition):
    """Dependencies of a Python application, installed into a virtual environment.

    Takes effect only if both ``version`` and ``requirements`` are given, here or in an included variant.

    Example: ``Python(version="python3", requirements=["requirements.txt"])``
    """

    version: NonEmpty | None = None
    """The interpreter to run, such as ``python3`` or ``python3.11``."""

    requirements: Requirements | None = None
    """Requirements files for pip, or the files that poetry needs."""

    use_system_site_packages: bool | None = None
    """Let the virtual environment see the packages that apt installed."""

    no_deps: bool | None = None
    """Install what the requirements name and not what that depends on; check that nothing is missing."""

    venv: NonEmpty | None = None
    """Directory of the virtual environment; ``/opt/lib/venv`` by default."""

    pip_version: NonEmpty | None = None
    """Which pip: a version or a comparison; the newest by default."""

    setuptools_version: NonEmpty | None = None
    """Which setuptools: a version or a comparison; the newest but 60.9.0 by default."""

    tox_version: NonEmpty | None = None
    """Which tox: a version or a comparison; the newest by default."""

    wheel_version: NonEmpty | None = None
    """Which wheel: a version or a comparison; the newest by default."""

    poetry: Poetry | None = None
    """Use poetry instead of pip."""


@definition
class Builder(Definition):
    """A custom build step, run in the application directory by the user that owns the files.

    Example: ``Builder(command="make dist", requirements=["Makefile", "src/"])``
    """

    command: NonEmpty | ListOf[str] | None = None
    """A line for the shell; or a list whose first item is such a line and whose others are its arguments,
    which are quoted for it. An empty list cancels an inherited command."""

    script: NonEmpty | None = None
    """Text of a script to run instead of a command, by ``/bin/sh`` unless its first line says otherwise."""

    requirements: Requirements | None = None
    """Files that the step needs, copied before it runs. A string is a path in the build context."""

    mounts: Mounts | None = None
    """Files of other variants or images that the step sees while it runs."""

    caches: Caches | None = None
    """Directories that outlive the build. A string is the directory's path."""

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        if self.command and self.script:
            raise InvalidError('is not allowed if "script" is also set', argument="command")
        return self


AnyBuilder: TypeAlias = Node | Php | Python | Builder


def _unrepeated(builders: tuple[AnyBuilder, ...]) -> tuple[AnyBuilder, ...]:
    predefined = [type(builder).__name__ for builder in builders if not isinstance(builder, Builder)]
    for name in predefined:
        if predefined.count(name) > 1:
            raise InvalidError(f"cannot contain more than one {name}(…)")
    return builders


if TYPE_CHECKING:
    Builders: TypeAlias = Sequence[AnyBuilder]
else:
    Builders = Annotated[ListOf[AnyBuilder], AfterValidator(_unrepeated)]
    """Build steps in order; at most one each of Node, Php and Python."""
