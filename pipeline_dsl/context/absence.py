"""Why a path that is to be copied is not part of the build: the problem to tell its author."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, did_you_mean

if TYPE_CHECKING:
    from pipeline_dsl.context.tree import Resolved, Tree

_ROOTED = "Paths are relative to the project's root."
_NOT_COPIED = "It is not among the files that earlier stages have copied out of containers, either."


def absence(tree: Tree, path: str, found: Resolved) -> Problem:
    """Say why a path is not there.

    Arguments:
        tree: where it was looked for.
        path: the path that is to be copied.
        found: what looking for it gave, its file being None.
    """
    if not found.lost:
        return Problem("source-missing", f'"{path}" is to be copied, but its symbolic links go in circles.')
    if not tree.layers.status(found.lost):
        return _missing(tree, path, found)
    if tree.ignore.matches(found.lost):
        return _ignored(tree, path, found)
    message = f'"{found.lost}" is to be copied, but is neither a file, a directory nor a symbolic link.'
    return Problem("source-special", message)


def _missing(tree: Tree, path: str, found: Resolved) -> Problem:
    message = f'"{path}" is to be copied, but there is no "{found.lost}"{_led_by(found)}.'
    directory = posixpath.dirname(found.lost)
    # A name too many below a file has no siblings.
    is_directory = Path(tree.layers.place(directory)).is_dir()
    siblings = [file.path for file in tree.children(directory)] if is_directory else []
    hint = did_you_mean(found.lost, siblings) or (_ROOTED if tree.layers.is_single else _NOT_COPIED)
    return Problem("source-missing", message, hint=hint)


def _ignored(tree: Tree, path: str, found: Resolved) -> Problem:
    pattern = tree.ignore.reason(found.lost)
    place = " ({}:{})".format(*pattern.place) if pattern and pattern.place else ""
    message = (
        f'"{path}" is to be copied, but "{found.lost}"{_led_by(found)} is ignored '
        f'by the pattern "{pattern}"{place}.'
    )
    return Problem(
        "source-ignored", message, hint=f'Add "!{found.lost}" below the pattern, or copy another path.'
    )


def _led_by(found: Resolved) -> str:
    if not found.links:
        return ""
    link = found.links[-1]
    return f', to which the symbolic link "{link.path}" leads ("{link.target}")'
