"""What PipelineLib takes and then does something else with than is written."""

from __future__ import annotations

import posixpath
import re

_TWO_LETTERS = re.compile(r"(?:[^/]{2}/)+(?=.)")
_IN_TAG = re.compile(r"\$\{[A-Za-z0-9_-]+\}")


def doubtful_destination(path: str) -> str:
    """Say what becomes of a path that files are copied to; nothing if it is what is written.

    Arguments:
        path: the path.
    """
    normal = posixpath.normpath(path.lstrip("/"))
    while normal.startswith("../"):
        normal = normal.removeprefix("../")
    match = _TWO_LETTERS.match(normal)
    if match is None or "${" in path:
        return ""
    return f'PipelineLib takes "{match[0]}" out of "{path}".'


def doubtful_tag(tag: str) -> str:
    """Say why a tag is none; nothing if nothing speaks against it.

    Arguments:
        tag: the tag, in our syntax.
    """
    match = _IN_TAG.search(tag)
    return f'"{match[0]}" in a tag stands for itself, so that no image can have it.' if match else ""


def overlong() -> str:
    """Give the hint about a tag."""
    return "A parameter of the run is ${setup.params.NAME}."
