"""``import`` and ``export``: between a Blubber file and a pipeline file, and the proof of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

BLUBBER = """\
version: v4
base: debian:bookworm-slim
variants:
  test:
    # What the tests need.
    apt: {packages: [make]}
    entrypoint: [make, test]
"""
PIPELINE = """\
from pipeline_dsl import Apt, Project, Variant

Project("service", base="debian:bookworm-slim")

test = Variant(
    "test",
    # What the tests need.
    apt=Apt(packages=["make"]),
    entrypoint=["make", "test"],
)
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A project that has a Blubber file and no pipeline file yet."""
    directory = tmp_path / "service" / ".pipeline"
    directory.mkdir(parents=True)
    (directory / "blubber.yaml").write_text(BLUBBER)
    return directory.parent


def test_a_blubber_file_becomes_the_pipeline_file_beside_it(cli: CommandLine, service: Path) -> None:
    told = cli(service, "import")
    assert (told.code, told.stderr) == (0, "wrote .pipeline/pipeline.py\n")
    assert (service / ".pipeline" / "pipeline.py").read_text() == PIPELINE


@pytest.mark.parametrize("path", [".", ".pipeline", ".pipeline/blubber.yaml"])
def test_the_file_its_directory_and_the_project_all_mean_the_file(
    cli: CommandLine, service: Path, path: str
) -> None:
    told = cli(service, "import", path, "-o", "-")
    assert (told.code, told.stdout) == (0, PIPELINE)


def test_a_file_that_is_there_is_overwritten_only_by_force(cli: CommandLine, service: Path) -> None:
    target = service / ".pipeline" / "pipeline.py"
    target.write_text("mine")
    refused = cli(service, "import")
    assert refused.code == 2
    assert "error: .pipeline/pipeline.py is there already. Give --force" in refused.stderr
    assert target.read_text() == "mine"
    assert cli(service, "import", "--force").code == 0
    assert target.read_text() == PIPELINE


def test_a_check_tells_whether_both_files_mean_the_same(cli: CommandLine, service: Path) -> None:
    target = service / ".pipeline" / "pipeline.py"
    target.write_text(PIPELINE)
    same = cli(service, "import", "--check")
    assert (same.code, same.stdout) == (0, ".pipeline/pipeline.py means what .pipeline/blubber.yaml means.\n")
    target.write_text(PIPELINE.replace('"make"]', '"cmake"]'))
    different = cli(service, "import", "--check")
    assert different.code == 2
    assert 'variant "test" is not the same in both. Change one of the files' in different.stderr
    assert '+    "cmake"' in different.stderr


def test_all_errors_of_a_blubber_file_have_their_line_and_column(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "blubber.yaml").write_text(
        BLUBBER.replace("apt:", "aptt:").replace("[make, test]", "make")
    )
    told = cli(service, "import")
    assert told.code == 2
    assert [line.split(": ")[1] for line in told.stderr.splitlines()] == [
        ".pipeline/blubber.yaml:6:5",
        ".pipeline/blubber.yaml:7:17",
    ]


def test_no_blubber_file_is_an_error_that_says_where_it_was_looked_for(
    cli: CommandLine, tmp_path: Path
) -> None:
    told = cli(tmp_path, "import")
    assert told.code == 2
    assert ".pipeline/blubber.yaml" in told.stderr


def test_an_export_is_read_back_as_the_same(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "pipeline.py").write_text(PIPELINE)
    exported = cli(service, "export", "blubber", "-o", ".pipeline/blubber.yaml", "--force")
    assert (exported.code, exported.stderr) == (0, "wrote .pipeline/blubber.yaml\n")
    assert cli(service, "import", "--check").code == 0


def test_what_blubber_cannot_say_is_an_error_or_a_comment(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "pipeline.py").write_text(
        PIPELINE + '\nbare = Variant("bare", base="scratch", copies=[test])\n'
    )
    refused = cli(service, "export", "blubber")
    assert refused.code == 2
    assert refused.stderr.startswith("error: .pipeline/pipeline.py:12: ")
    told = cli(service, "export", "blubber", "--lossy")
    assert told.code == 0
    assert "\n# Lost: " in told.stdout


def test_a_policy_holds_an_export_back(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "pipeline.py").write_text(PIPELINE)
    told = cli(service, "export", "blubber", "--policy", "registries=registry.example")
    assert (told.code, told.stdout) == (2, "")
    assert "[policy-violated]" in told.stderr
