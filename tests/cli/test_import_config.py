"""``import`` of a config and the Blubber files that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

CONFIG = """\
pipelines:
  ci:
    blubberfile: blubber.yaml
    stages:
      - name: test
      - name: out
        build: production
        publish: {image: {tags: ["${setup.branch}-${test.output}"]}}
"""
BLUBBER = """\
version: v4
base: debian:bookworm-slim
variants:
  test: {entrypoint: [make, test]}
  production: {copies: [local]}
"""
PIPELINE = """\
from pipeline_dsl import Pipeline, Project, Publish, Variant, setup

Project("service", base="debian:bookworm-slim")

test = Variant("test", entrypoint=["make", "test"])

production = Variant("production", copies=["local"])

ci = Pipeline("ci")
ci_test = ci.stage("test", build=test, run=True)
ci.stage(
    "out",
    build=production,
    publish=Publish(tags=[f"{setup.branch}-{ci_test.output}"]),
)
"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A project that has a config, a Blubber file and no pipeline file yet."""
    directory = tmp_path / "service" / ".pipeline"
    directory.mkdir(parents=True)
    (directory / "config.yaml").write_text(CONFIG)
    (directory / "blubber.yaml").write_text(BLUBBER)
    return directory.parent


@pytest.mark.parametrize("path", [".", ".pipeline", ".pipeline/config.yaml"])
def test_a_config_and_its_blubber_file_become_one_pipeline_file(
    cli: CommandLine, service: Path, path: str
) -> None:
    """It goes before the Blubber file."""
    told = cli(service, "import", path)
    assert (told.code, told.stderr) == (0, "wrote .pipeline/pipeline.py\n")
    assert (service / ".pipeline" / "pipeline.py").read_text() == PIPELINE


def test_the_blubber_file_alone_can_still_be_imported(cli: CommandLine, service: Path) -> None:
    told = cli(service, "import", ".pipeline/blubber.yaml", "-o", "-")
    assert told.code == 0
    assert "Pipeline(" not in told.stdout


def test_a_check_tells_whether_all_files_mean_the_same(cli: CommandLine, service: Path) -> None:
    """Whether tags may be moved does not count."""
    target = service / ".pipeline" / "pipeline.py"
    target.write_text(PIPELINE.replace('}-{ci_test.output}"]', '}-{ci_test.output}"], overwrite=True'))
    same = cli(service, "import", "--check")
    assert (same.code, same.stdout) == (
        0,
        ".pipeline/pipeline.py means what .pipeline/config.yaml means.\n",
    )
    target.write_text(PIPELINE.replace("run=True", 'run=["true"]'))
    different = cli(service, "import", "--check")
    assert different.code == 2
    assert 'stage "test" of pipeline "ci" is not the same in both. Change one of' in different.stderr


def test_a_blubber_file_that_is_missing_is_named_with_its_place(cli: CommandLine, service: Path) -> None:
    """Once for each stage that builds from it."""
    (service / ".pipeline" / "blubber.yaml").unlink()
    told = cli(service, "import")
    assert told.code == 2
    assert told.stderr == (
        "error: .pipeline/config.yaml:3:18: there is no Blubber file .pipeline/blubber.yaml, "
        "which this builds from. [missing-blubber-file]\n"
    )


def test_errors_and_warnings_have_line_and_column(cli: CommandLine, service: Path) -> None:
    (service / ".pipeline" / "config.yaml").write_text(CONFIG.replace("name: test", "name: tset"))
    told = cli(service, "import")
    assert told.code == 2
    assert [line.split(": ")[1] for line in told.stderr.splitlines()] == [
        ".pipeline/config.yaml:5:9",
        ".pipeline/config.yaml:8:34",
    ]
    (service / ".pipeline" / "config.yaml").write_text(CONFIG + "    fetsh: {}\n")
    told = cli(service, "import")
    assert told.code == 0
    assert told.stderr.startswith(
        "warning: .pipeline/config.yaml:9:5: PipelineLib passes over the unknown key"
    )
