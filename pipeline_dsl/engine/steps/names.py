"""Names and tags of published images: how they are written, and which are allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LENGTH = 128
"""Characters of a name: with registry and repository it may have 255."""


def sanitised(text: str) -> str:
    """Write a name or a tag as it is published: in lower case, with dashes for slashes.

    >>> sanitised("mediawiki/services/Math")
    'mediawiki-services-math'
    """
    return text.lower().replace("/", "-")


def name_problem(name: str, projects: Iterable[str], *, any_name: bool = False) -> Problem | None:
    """Say what is wrong with the name of an image.

    Arguments:
        name: the name, sanitised.
        projects: what the project is called, in full and in short; sanitised or not.
        any_name: whether it may be called otherwise than after the project.
    """
    if not _COMPONENT.fullmatch(name) or len(name) > _LENGTH:
        message = f'"{name}" is no name for an image.'
        hint = f"Use letters and digits, single dots, dashes or underscores between them, {_LENGTH} at most."
        return Problem("invalid-image-name", message, hint=hint)
    allowed = dict.fromkeys(sanitised(project) for project in projects if project)
    if any_name or any(name == prefix or name.startswith(f"{prefix}-") for prefix in allowed):
        return None
    choices = " or ".join(f'"{prefix}" or "{prefix}-…"' for prefix in allowed)
    message = f'an image of this project may not be called "{name}".'
    return Problem("image-name-not-allowed", message, hint=f"Call it {choices}.")


def tags(first: str, further: Iterable[str]) -> tuple[str, ...]:
    """Give the tags of an image as they are published: sanitised, each once, without empty further ones.

    Arguments:
        first: the primary tag, which is the first of the result.
        further: the others.
    """
    return tuple(dict.fromkeys([sanitised(first), *filter(None, map(sanitised, further))]))


def tag_problem(tag: str) -> Problem | None:
    """Say what is wrong with a tag."""
    if _TAG.fullmatch(tag):
        return None
    hint = "Use letters, digits, underscores, dots and dashes, no dot or dash first, 128 at most."
    return Problem("invalid-tag", f'"{tag}" is no tag for an image.', hint=hint)
