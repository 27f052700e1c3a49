"""Every real Blubber file is read, or refused for a reason that the specification gives."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import blubber, yaml
from pipeline_dsl.formats.conversion import to_blubber, to_pipeline
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import resolve
from tests.formats import corpus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REFUSED = {
    "wikimedia__blubber/blubber.example.yaml@cffb77e": (
        "§1.4: version is required",
        'blubber.yaml:2:1: version: is required. Add "version: v4". [unsupported-version]',
    ),
    "wikimedia__research-mwaddlink/pipeline__blubber.yaml": (
        "§1.4: use-system-flag was removed in 0.24 and is an unknown-field error",
        'blubber.yaml:20:7: there is no key "use-system-flag" here.',
    ),
}
"""The files that are refused, each with the specification's reason and what is said of it."""

FILES = corpus.blubber_files()
ACCEPTED = [file for file in FILES if file not in REFUSED]

pytestmark = pytest.mark.skipif(not FILES, reason=f"there is no corpus at {corpus.FOLDER}")


@pytest.fixture(scope="module")
def converted() -> Mapping[str, str]:
    """The pipeline file of each file that can be read."""
    return {file: to_pipeline(corpus.text(file), "blubber.yaml", "service").text for file in ACCEPTED}


@pytest.mark.parametrize("file", ACCEPTED)
def test_import_and_export_change_nothing(file: str, converted: Mapping[str, str], tmp_path: Path) -> None:
    """Read, written as Python, evaluated, exported and read again: equal to what was first read."""
    first = resolve(blubber.read(corpus.text(file), "blubber.yaml", "service").project)
    pipeline = tmp_path / "pipeline.py"
    pipeline.write_text(converted[file], "utf-8")
    exported = to_blubber(load(locate(pipeline)), lossy=False)
    prove(first, resolve(blubber.read(exported.text, "blubber.yaml", "service").project))


@pytest.mark.parametrize("file", ACCEPTED)
def test_every_comment_is_kept(file: str, converted: Mapping[str, str]) -> None:
    """Each in a line of its own; only blanks may differ, and what is said to BuildKit is left out."""
    every = [corpus.squeezed(one.text) for one in yaml.comments(corpus.text(file))]
    comments = [comment for comment in every if not comment.startswith(("#syntax=", "#syntax ="))]
    kept = [corpus.squeezed(line) for line in converted[file].splitlines() if line.strip().startswith("#")]
    assert sorted(comments) == sorted(kept)


@pytest.mark.parametrize("file", [file for file in FILES if file in REFUSED])
def test_a_file_is_refused_only_for_a_reason_that_the_specification_gives(file: str) -> None:
    """The table has them all."""
    with pytest.raises(DefinitionError) as refused:
        blubber.read(corpus.text(file), "blubber.yaml", "service")
    assert str(refused.value).startswith(REFUSED[file][1])


@pytest.mark.parametrize("command", corpus.TOOLS.values(), ids=corpus.TOOLS)
def test_the_tools_have_nothing_to_say_about_what_is_written(
    command: list[str], converted: Mapping[str, str], tmp_path: Path
) -> None:
    """At their default settings; mypy strictly."""
    for number, text in enumerate(converted.values()):
        (tmp_path / f"pipeline_{number}.py").write_text(text, "utf-8")
    ended = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
