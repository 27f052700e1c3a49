"""What the evaluation of a pipeline file depends on, as far as reading it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.load import pure_inputs

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return folder / "pipeline.py"


def test_a_file_that_only_describes_depends_on_itself_and_on_what_could_lie_beside_it(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline='from pipeline_dsl import Variant\nVariant("test")\n')
    assert pure_inputs(file) == (file, tmp_path)


def test_neighbours_count_and_theirs(tmp_path: Path) -> None:
    file = write(tmp_path, pipeline="import one", one="from two import name", two="import re\nname = 1")
    assert pure_inputs(file) == (file, tmp_path / "one.py", tmp_path / "two.py", tmp_path)


def test_of_a_package_beside_the_file_all_modules_count(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    write(folder, __init__="", names="from . import other", other="")
    file = write(tmp_path, pipeline="import shared.names\nfrom shared import names")
    inputs = pure_inputs(file)
    assert inputs is not None
    assert set(inputs) == {file, tmp_path, folder, *folder.glob("*.py")}


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "from os import environ",
        "def name():\n    import datetime\n    return datetime.date.today()",
        "import somebody_elses",
        "from pipeline_dsl.checkout import git",
        "import pipeline_dsl.cli",
        "text = open('version').read()",
        "read = open",
        "eval('1')",
        "__import__('os')",
        "print('hello')",
        "import collections.nothing",
        "this is no Python",
    ],
)
def test_a_file_that_may_depend_on_more_is_told_apart(tmp_path: Path, text: str) -> None:
    assert pure_inputs(write(tmp_path, pipeline=text)) is None


@pytest.mark.parametrize("text", ["import os", "open('a')"])
def test_so_is_one_whose_neighbour_may(tmp_path: Path, text: str) -> None:
    assert pure_inputs(write(tmp_path, pipeline="import other", other=text)) is None


def test_a_document_is_no_file_that_can_be_read_so(tmp_path: Path) -> None:
    document = tmp_path / "project.json"
    document.write_text("{}")
    assert pure_inputs(document) is None
