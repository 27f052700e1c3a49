"""Finding the pipeline file of the project that somebody works in."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pipeline_dsl.errors import Problem, UsageError

USUAL = Path(".pipeline", "pipeline.py")
"""Where a project keeps its pipeline file, below its root."""


@dataclasses.dataclass(frozen=True)
class Location:
    """Where a project is.

    Arguments:
        file: its pipeline file.
        root: its root directory: what positions are relative to, and what images are built from.
    """

    file: Path
    root: Path


def find(directory: Path) -> Location:
    """Find the pipeline file of the project that a directory belongs to.

    Arguments:
        directory: where to start; it and the directories above it are looked through.

    Raises:
        UsageError: there is no pipeline file.
    """
    start = directory.resolve()
    if not start.is_dir():
        raise UsageError([Problem("no-directory", f"There is no directory {directory}.")])
    for root in (start, *start.parents):
        if (root / USUAL).is_file():
            return Location(root / USUAL, root)
    message = f"There is no {USUAL} in {start} or in a directory above it."
    hint = "Write one, or name the project with -C DIR or the file with -f FILE."
    raise UsageError([Problem("no-pipeline-file", message, hint=hint)])


def locate(file: Path) -> Location:
    """Say which project a given pipeline file belongs to.

    Its root is the directory that holds ``.pipeline``, or for a file elsewhere the file's own directory.

    Raises:
        UsageError: there is no such file.
    """
    path = file.resolve()
    if not path.is_file():
        raise UsageError([Problem("no-pipeline-file", f"There is no file {file}.")])
    root = path.parent
    return Location(path, root.parent if root.name == USUAL.parent.name else root)
