"""The folder of real pipeline configurations: `PIPELINE_DSL_CORPUS`, or `../shared/corpus`."""

from __future__ import annotations

import os
import posixpath
import re
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("PIPELINE_DSL_CORPUS", _ROOT.parent / "shared" / "corpus"))

TOOLS = {
    "format": ["ruff", "format", "--isolated", "--diff"],
    "lint": ["ruff", "check", "--isolated"],
    "types": [sys.executable, "-m", "mypy", "--strict", "--config-file="],
}
"""What has nothing to say about pipeline files that are written."""


def blubber_files() -> list[str]:
    """Names of the Blubber files, relative to the folder; none where there is no folder."""
    return [row[0] for row in _rows() if row[4] == "blubber"]


def config_files() -> list[str]:
    """Names of the configs, relative to the folder; none where there is no folder."""
    return [row[0] for row in _rows() if row[4] == "config"]


def beside(config: str) -> dict[str, str]:
    """The Blubber files of a config's repository, by their paths from the config's directory."""
    repository, path = next((row[1], row[2]) for row in _rows() if row[0] == config)
    folder = posixpath.dirname(path)
    return {
        posixpath.relpath(row[2], folder): text(row[0])
        for row in reversed(_rows())
        if row[1] == repository and row[4] == "blubber"
    }


def squeezed(comment: str) -> str:
    """A comment without the blanks that may differ."""
    return re.sub(r"^#\s*", "#", comment.strip())


def text(file: str) -> str:
    """What one of the files holds."""
    return (FOLDER / file).read_text("utf-8")


def _rows() -> list[list[str]]:
    index = FOLDER / "index.tsv"
    if not index.is_file():
        return []
    return [line.split("\t") for line in index.read_text("utf-8").splitlines()[1:]]
