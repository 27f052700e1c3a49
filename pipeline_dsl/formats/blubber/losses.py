"""What a project can say and a Blubber file cannot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem
from pipeline_dsl.model import AptSource, Builder, Copy, Image, Mount, Variant
from pipeline_dsl.model.definition import Definition, fields
from pipeline_dsl.resolve.merge import included

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pipeline_dsl.errors import Position
    from pipeline_dsl.model import Project
    from pipeline_dsl.model.variant import Settings


def losses(project: Project, variants: Sequence[Variant]) -> Iterator[Problem]:
    """Find what Blubber cannot say.

    Arguments:
        project: the project.
        variants: its variants, with all that they refer to.

    Yields:
        Each with the author's line.
    """
    names = {variant.name for variant in variants}
    for settings in (project, *variants):
        for part in _parts(settings):
            yield from (_lost(message, part.at) for message in _unsayable(part, names))
    yield from dict.fromkeys(_uncancelled(project, variants))


_CONTEXT = "Blubber cannot mount the build context."


def _lost(message: str, at: Position) -> Problem:
    return Problem("not-in-blubber", message, at)


def _parts(definition: Definition) -> Iterator[Definition]:
    """Give all definitions that one is made of, itself first; not the variants that it refers to."""
    yield definition
    for field in fields(type(definition)):
        if field.name not in ("variants", "pipelines", "includes"):
            value = getattr(definition, field.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Definition) and not isinstance(item, Variant):
                    yield from _parts(item)


def _unsayable(part: Definition, names: Collection[str]) -> Iterator[str]:
    match part:
        case Builder(command=command, mounts=mounts):
            if isinstance(command, str) and "%" in command:
                yield 'Blubber crashes on a "%" in a command that is no list; a script may hold it.'
            if "local" in (mounts or ()):
                yield _CONTEXT
        case Mount(origin="local"):
            yield _CONTEXT
        case AptSource(components=components):
            unfit = (one for one in components if not re.search("[a-zA-Z0-9]{2}", one))
            yield from (f'Blubber takes "{one}" for no valid component.' for one in unfit)
    yield from _ambiguous(part, names)


def _ambiguous(part: Definition, names: Collection[str]) -> Iterator[str]:
    for origin in _origins(part):
        if isinstance(origin, Variant) and origin.name == "local":
            yield 'Blubber takes a variant called "local" for the build context.'
        if isinstance(origin, Image) and origin.reference in {*names, "local"}:
            name = origin.reference
            yield f'Blubber does not take "{name}" for an image; write "{name}:latest".'


def _origins(part: Definition) -> Iterator[object]:
    """Give the origins that a definition names, in the short form and in the long one."""
    match part:
        case Variant(copies=copies):
            yield from (files for files in copies if not isinstance(files, Copy))
        case Builder(mounts=mounts):
            yield from (mount for mount in mounts or () if not isinstance(mount, Mount))
        case Copy(origin=origin) | Mount(origin=origin):
            yield origin


def _base(settings: Settings) -> object:
    return settings.base.reference if isinstance(settings.base, Image) else settings.base


_CANCELLED: tuple[tuple[str, Callable[[Settings], object], object], ...] = (
    ("base", _base, None),
    ("lives.uid", lambda settings: settings.lives and settings.lives.uid, 65533),
    ("lives.gid", lambda settings: settings.lives and settings.lives.gid, 65533),
    ("runs.uid", lambda settings: settings.runs and settings.runs.uid, 900),
    ("runs.gid", lambda settings: settings.runs and settings.runs.gid, 900),
)
"""What Blubber does not let a variant set to nothing: how to find it, and what holds by default."""

_NOTHING = ("scratch", 0)


def _uncancelled(project: Project, variants: Sequence[Variant]) -> Iterator[Problem]:
    """Find what of the variants' settings Blubber would not let cancel those that they inherit."""
    for name, setting, default in _CANCELLED:
        if not any(setting(variant) in _NOTHING for variant in variants):
            continue
        at_top = setting(project)
        lowest = default if at_top is None else at_top
        for variant in variants:
            given = [(one, setting(one)) for one in (*included(variant), variant) if setting(one) is not None]
            kept = next((value for _, value in reversed(given) if value not in _NOTHING), lowest)
            if given and given[-1][1] in _NOTHING and kept not in (None, *_NOTHING):
                layer, value = given[-1]
                message = f"Blubber lets no variant set {name} to {value}: {kept} would hold."
                yield _lost(message, layer.at)
