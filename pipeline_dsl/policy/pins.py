"""What has to be named with its version for two builds to give the same image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.model import Python
from pipeline_dsl.policy.declaration import Violation
from pipeline_dsl.policy.images import images, is_pinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline_dsl.resolve import ResolvedVariant

_TOOLS = ("pip", "setuptools", "tox", "wheel")
"""What every virtual environment gets: ``spec/blubber.md`` §3.6."""

_EXACT = re.compile(r"(?:===?)?[0-9][A-Za-z0-9.+!_-]*")


def unpinned_images(variant: ResolvedVariant) -> Iterator[Violation]:
    """Find images without a digest whose tag is ``latest`` or left out."""
    for setting, reference in images(variant):
        if not is_pinned(reference):
            message = f'"{reference}" can be another image tomorrow.'
            yield Violation(variant.name, setting, message, "Add a tag other than latest, or a digest.")


def unpinned_packages(variant: ResolvedVariant) -> Iterator[Violation]:
    """Find Debian packages without a version; a release alone is none."""
    for release, packages in variant.apt.packages.items():
        loose = [package for package in packages if "=" not in package]
        if variant.base is not None and loose:
            message = f"no version is given for {', '.join(loose)}."
            yield Violation(variant.name, f"apt.packages.{release}", message, 'Write "NAME=VERSION".')


def unpinned_tools(variant: ResolvedVariant) -> Iterator[Violation]:
    """Find pip, setuptools, tox, wheel and poetry without an exact version, where they are installed."""
    steps = variant.builders if variant.base is not None else ()
    for step in steps:
        if isinstance(step, Python) and step.version is not None and step.requirements is not None:
            yield from _loose_tools(variant.name, step)


PINS: Mapping[str, Callable[[ResolvedVariant], Iterator[Violation]]] = {
    "images": unpinned_images,
    "apt": unpinned_packages,
    "python": unpinned_tools,
}
"""What can be asked to be pinned."""


def _loose_tools(variant: str, python: Python) -> Iterator[Violation]:
    for tool in _TOOLS:
        if not _EXACT.fullmatch(getattr(python, f"{tool}_version") or ""):
            hint = f'Write {tool}_version="VERSION".'
            yield Violation(variant, f"python.{tool}_version", f"no exact version of {tool} is given.", hint)
    poetry = python.poetry.version if python.poetry else None
    if poetry is not None and not _EXACT.fullmatch(poetry):
        message = f'"{poetry}" is no exact version of poetry.'
        yield Violation(variant, "python.poetry.version", message, 'Write "==VERSION".')
