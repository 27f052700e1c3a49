"""Finding the pipeline file, and the root that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import UsageError
from pipeline_dsl.load import Location, find, locate

if TYPE_CHECKING:
    from pathlib import Path


def make(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


def test_it_is_found_in_the_directory_itself(tmp_path: Path) -> None:
    file = make(tmp_path / ".pipeline" / "pipeline.py")
    assert find(tmp_path) == Location(file, tmp_path)


def test_it_is_found_from_any_directory_below(tmp_path: Path) -> None:
    file = make(tmp_path / ".pipeline" / "pipeline.py")
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    assert find(below) == Location(file, tmp_path)
    assert find(file.parent) == Location(file, tmp_path)


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    make(tmp_path / ".pipeline" / "pipeline.py")
    inner = make(tmp_path / "service" / ".pipeline" / "pipeline.py")
    assert find(tmp_path / "service").file == inner


def test_a_relative_directory_gives_whole_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make(tmp_path / ".pipeline" / "pipeline.py")
    monkeypatch.chdir(tmp_path)
    assert find(type(tmp_path)()) == Location(file, tmp_path)


def test_a_directory_of_that_name_is_no_pipeline_file(tmp_path: Path) -> None:
    (tmp_path / ".pipeline" / "pipeline.py").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"There is no \.pipeline/pipeline\.py in"):
        find(tmp_path)


def test_that_there_is_none_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        find(tmp_path)
    assert str(refused.value) == (
        f"There is no .pipeline/pipeline.py in {tmp_path} or in a directory above it."
        " Write one, or name the project with -C DIR or the file with -f FILE. [no-pipeline-file]"
    )


def test_a_directory_that_is_not_there_is_told_as_it_was_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        find(tmp_path / "nowhere")
    assert str(refused.value) == f"There is no directory {tmp_path / 'nowhere'}. [no-directory]"


def test_the_root_of_a_given_file_is_its_directory(tmp_path: Path) -> None:
    file = make(tmp_path / "ci" / "release.py")
    assert locate(file) == Location(file, tmp_path / "ci")


def test_the_root_of_a_given_file_in_dot_pipeline_is_the_directory_that_holds_that(tmp_path: Path) -> None:
    file = make(tmp_path / ".pipeline" / "release.py")
    assert locate(file) == Location(file, tmp_path)


@pytest.mark.parametrize("name", ["nowhere.py", ""])
def test_a_given_file_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        locate(tmp_path / name)
    assert str(refused.value) == f"There is no file {tmp_path / name}. [no-pipeline-file]"
