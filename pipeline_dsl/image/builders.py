"""Build steps: what package managers and custom builders do to an image, ``spec/blubber.md`` §3.6."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.image.artifacts import LIBRARIES, copied_requirements, place, requirements
from pipeline_dsl.image.instructions import (
    BindMount,
    CacheMount,
    Environment,
    Execute,
    ExecuteScript,
    Instruction,
    Mount,
)
from pipeline_dsl.image.shell import command
from pipeline_dsl.model import Builder, Node, Php, Poetry, Python
from pipeline_dsl.model.artifacts import as_cache, as_mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_dsl.resolve import ResolvedVariant
    from pipeline_dsl.resolve.resolved import Step


def build(builder: Step, variants: Mapping[str, ResolvedVariant]) -> Iterator[Instruction]:
    """Copy what a build step requires and run it.

    Arguments:
        builder: the step.
        variants: all variants by name.
    """
    if isinstance(builder, Python) and not _is_enabled(builder):
        return
    yield from copied_requirements(requirements(builder.requirements), variants)
    match builder:
        case Node():
            yield from _npm(builder)
        case Php():
            yield from _composer(builder)
        case Python():
            yield from _virtual_environment(builder)
            yield from _poetry(builder, builder.poetry) if _uses_poetry(builder) else _pip(builder)
        case Builder():
            yield from _custom(builder)


def finish(builder: Step) -> Iterator[Instruction]:
    """Do what a package manager leaves for the finished image."""
    if isinstance(builder, Node) and builder.env:
        yield Environment("NODE_ENV", builder.env)
    if isinstance(builder, Python) and _is_enabled(builder) and builder.no_deps and not _uses_poetry(builder):
        yield Execute((command(str(builder.version), "-m", "pip", "check"),))


def _npm(node: Node) -> Iterator[Instruction]:
    if not node.requirements:
        return
    production = ["--only=production"] if node.env == "production" else []
    yield Execute((command("npm ci" if node.use_npm_ci else "npm install", *production),))
    if production:
        escape = ' || echo "WARNING: npm dedupe failed, continuing anyways"'
        yield Execute((f"npm dedupe{escape if node.allow_dedupe_failure else ''}",))


def _composer(php: Php) -> Iterator[Instruction]:
    if php.requirements:
        production = ["--no-dev"] if php.production else []
        yield Execute((command("composer install", "--no-scripts", *production),))


def _is_enabled(python: Python) -> bool:
    return python.version is not None and python.requirements is not None


def _virtual_environment(python: Python) -> Iterator[Instruction]:
    interpreter = str(python.version)
    directory = python.venv or f"{LIBRARIES}/venv"
    system = ["--system-site-packages"] if python.use_system_site_packages else []
    yield Execute((command(interpreter, "-m", "venv", directory, *system),))
    yield Environment("VIRTUAL_ENV", directory)
    yield Environment("PATH", f"{directory}/bin:$PATH")
    pip = python.pip_version or ("<21" if interpreter.startswith("python2") else None)
    setuptools = _pinned("setuptools", python.setuptools_version, "!=60.9.0")
    tools = [_pinned("wheel", python.wheel_version), _pinned("tox", python.tox_version), _pinned("pip", pip)]
    install = (interpreter, "-m", "pip", "install", "-U")
    yield Execute((command(*install, setuptools), command(*install, *tools)))


def _pinned(package: str, version: str | None, default: str = "") -> str:
    """Name a package with its version: a bare one is meant exactly."""
    version = version or default
    return f"{package}=={version}" if version[:1].isdigit() else package + version


def _pip(python: Python) -> Iterator[Instruction]:
    files = [word for one in requirements(python.requirements) for word in ("-r", one.path)]
    if files:
        alone = ["--no-deps"] if python.no_deps else []
        yield Execute((command(str(python.version), "-m", "pip", "install", *alone, *files),))


def _uses_poetry(python: Python) -> bool:
    return python.poetry is not None and python.poetry.version is not None


def _poetry(python: Python, poetry: Poetry | None) -> Iterator[Instruction]:
    poetry = poetry or Poetry()
    environments = f"{LIBRARIES}/poetry"
    yield Environment("POETRY_VIRTUALENVS_PATH", environments)
    yield Execute((command(str(python.version), "-m", "pip", "install", "-U", f"poetry{poetry.version}"),))
    yield Execute((command("mkdir -p", environments),))
    groups = [
        *(("--only", poetry.only) if poetry.only else ()),
        *(("--without", poetry.without) if poetry.without else ()),
    ]
    if not groups and not poetry.devel:
        groups = ["--no-dev"] if _is_poetry_1(poetry.version or "") else ["--only", "main"]
    yield Execute((command("poetry", "install", "--no-root", *groups),))


def _is_poetry_1(specification: str) -> bool:
    """Tell whether no version of poetry from 2 on fits: only older ones know ``--no-dev``."""
    for operator, major, rest in re.findall(r"(~=|[<>=!]=?)=?(\d+)([^,]*)", specification):
        if operator in ("==", "~=", "<=") and int(major) < 2:  # noqa: PLR2004 -- the version in question
            return True
        if operator == "<" and (int(major), rest.strip(".0")) <= (2, ""):
            return True
    return False


def _custom(builder: Builder) -> Iterator[Instruction]:
    mounts = tuple(_mounts(builder))
    if builder.script:
        text = builder.script if builder.script.startswith("#!") else f"#!/bin/sh\n{builder.script}"
        yield ExecuteScript(text, mounts)
    elif builder.command:
        words = (builder.command,) if isinstance(builder.command, str) else builder.command
        yield Execute((command(*words),), mounts)


def _mounts(builder: Builder) -> Iterator[Mount]:
    for mount in map(as_mount, builder.mounts or ()):
        yield BindMount(place(mount.origin), mount.source, mount.destination)
    for cache in map(as_cache, builder.caches or ()):
        yield CacheMount(cache.id, cache.destination, cache.access, "$LIVES_UID", "$LIVES_GID")
