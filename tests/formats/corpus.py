"""The folder of real pipeline configurations: `PIPELINE_DSL_CORPUS`, or `../shared/corpus`."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("PIPELINE_DSL_CORPUS", _ROOT.parent / "shared" / "corpus"))


def blubber_files() -> list[str]:
    """Names of the Blubber files, relative to the folder; none where there is no folder."""
    index = FOLDER / "index.tsv"
    if not index.is_file():
        return []
    rows = [line.split("\t") for line in index.read_text("utf-8").splitlines()[1:]]
    return [row[0] for row in rows if row[4] == "blubber"]


def text(file: str) -> str:
    """What one of the files holds."""
    return (FOLDER / file).read_text("utf-8")
