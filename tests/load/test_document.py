"""A project's JSON document can stand in for its pipeline file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.load import load, locate
from pipeline_dsl.model.document import dump

if TYPE_CHECKING:
    from pathlib import Path


def test_what_spec_prints_is_loaded_like_the_file_that_it_was_printed_of(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.py"
    file.write_text('from pipeline_dsl import Variant\nVariant("test", base="debian")\n')
    document = dump(load(locate(file)))
    copy = tmp_path / "project.json"
    copy.write_text(document)

    assert dump(load(locate(copy))) == document
