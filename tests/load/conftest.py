"""A project whose pipeline file a test writes."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import DefinitionError
from pipeline_dsl.load import load, locate

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl import Project


class Author:
    """Writes the files of a project and has its pipeline file evaluated."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".pipeline"
        self.folder.mkdir(parents=True)

    def write(self, source: str, name: str = "pipeline.py") -> None:
        (self.folder / name).write_text(dedent(source))

    def load(self) -> Project:
        return load(locate(self.folder / "pipeline.py"))

    def told(self) -> str:
        """What the author is told when the file cannot be evaluated."""
        with pytest.raises(DefinitionError) as refused:
            self.load()
        return str(refused.value)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path / "demo")
