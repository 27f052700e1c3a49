"""``export config`` and ``export all``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

PIPELINE = """\
from pipeline_dsl import Pipeline, Publish, Run, Variant

test = Variant("test", base="debian:bookworm-slim", entrypoint=["make", "test"])
production = Variant("production", base="debian:bookworm-slim", copies=["local"])

ci = Pipeline("ci")
unit = ci.stage("test", build=test, run=True)
ci.stage("out", build=production, publish=Publish(tags=["latest"]), after=[unit])
"""
CONFIG = """\
pipelines:
  ci:
    blubberfile: blubber.yaml
    stages:
      - name: test
      - name: out
        build: production
        publish:
          image:
            tags: [latest]
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A project that has a pipeline file only."""
    directory = tmp_path / "service" / ".pipeline"
    directory.mkdir(parents=True)
    (directory / "pipeline.py").write_text(PIPELINE)
    return directory.parent


def test_a_config_is_printed_or_written(cli: CommandLine, service: Path) -> None:
    assert cli(service, "export", "config").stdout == CONFIG
    told = cli(service, "export", "config", "-o", "c.yaml")
    assert (told.code, told.stderr) == (0, "wrote c.yaml\n")
    assert (service / "c.yaml").read_text() == CONFIG


def test_all_files_are_written_together_and_mean_the_same(cli: CommandLine, service: Path) -> None:
    """They can be imported again at once."""
    told = cli(service, "export", "all", "-o", ".")
    assert (told.code, told.stderr) == (0, "wrote .pipeline/config.yaml\nwrote .pipeline/blubber.yaml\n")
    assert (service / ".pipeline" / "config.yaml").read_text() == CONFIG
    assert cli(service, "import", "--check").code == 0


def test_neither_file_is_written_if_one_is_there(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "blubber.yaml").write_text("mine")
    refused = cli(service, "export", "all", "-o", ".")
    assert refused.code == 2
    assert ".pipeline/blubber.yaml is there already. Give --force" in refused.stderr
    assert not (service / ".pipeline" / "config.yaml").exists()
    assert cli(service, "export", "all", "-o", ".", "--force").code == 0


def test_all_files_need_a_directory(cli: CommandLine, service: Path) -> None:
    told = cli(service, "export", "all")
    assert told.code == 2
    assert "Give -o DIR" in told.stderr


def test_what_a_config_cannot_say_is_an_error_or_a_comment(cli: CommandLine, service: Path) -> None:
    file = service / ".pipeline" / "pipeline.py"
    file.write_text(PIPELINE.replace("run=True", "run=Run(timeout=5)"))
    refused = cli(service, "export", "config")
    assert refused.code == 2
    assert (
        refused.stderr
        == "error: .pipeline/pipeline.py:7: a config cannot say a time limit. [not-in-config]\n"
    )
    told = cli(service, "export", "config", "--lossy")
    assert told.code == 0
    assert told.stdout.startswith("# Lost: .pipeline/pipeline.py:7: a config cannot say a time limit.\n")
