"""``cache prune`` between runs and while one is under way, on an engine where nobody else is pruned away."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.caching.machine import Machine
from tests.conftest import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.caching.second import SecondEngine

pytestmark = pytest.mark.engine

SERVICE = """
from pipeline_dsl import *

box = Variant("box", base="{base}", copies=["local"], entrypoint=["sh", "-c", "{shown}"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=True, copy=[Artifact("/tmp/report", destination="report")])
late = Variant("late", base="scratch", copies=[Copy("local", source="report")])
ci.stage("late", build=late, after=[unit])
"""
STEPS = {"unit build", "unit run", "unit copy", "late build"}


@pytest.fixture(scope="module")
def loaded(
    empty_engine: SecondEngine, small_base: str, tmp_path_factory: pytest.TempPathFactory
) -> SecondEngine:
    """The other engine, with the base image."""
    archive = tmp_path_factory.mktemp("base") / "base.tar"
    subprocess.run(["docker", "save", "--output", archive, small_base], check=True)
    empty_engine.docker("load", "--input", str(archive))
    return empty_engine


@pytest.fixture
def machine(loaded: SecondEngine, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "store", loaded.host)


@pytest.fixture
def root(loaded: SecondEngine, small_base: str, tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "pruned"
    (made / ".pipeline").mkdir(parents=True)
    (made / ".pipeline" / "pipeline.py").write_text(
        SERVICE.format(base=small_base, shown="cat main > /tmp/report; cat main")
    )
    (made / "main").write_text("main\n")
    yield made
    label = "label=pipeline-dsl.project=pruned"
    images = loaded.docker("images", "--quiet", "--filter", label).split()
    if images:
        loaded.docker("rmi", "--force", *dict.fromkeys(images))


def prune(machine: Machine, root: Path) -> None:
    told = machine.cli(root, "cache", "prune", "--all")
    assert told.code == 0, told.stderr


def test_after_everything_was_pruned_everything_is_done_again(
    machine: Machine, root: Path, loaded: SecondEngine
) -> None:
    assert machine.run(root).done == STEPS
    prune(machine, root)
    assert not [name for name in references(loaded) if name.startswith("pipeline-dsl/cache:")]
    told = machine.run(root)
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    assert "main" in told.output("unit")
    assert machine.run(root, "--expect-cached").is_cached


def test_images_of_a_store_that_is_gone_are_pruned_too(
    machine: Machine, root: Path, loaded: SecondEngine
) -> None:
    machine.run(root)
    shutil.rmtree(machine.store)
    prune(machine, root)
    assert not [name for name in references(loaded) if name.startswith("pipeline-dsl/cache:")]
    assert machine.run(root).done == STEPS


def test_a_run_that_is_under_way_keeps_what_it_uses(machine: Machine, root: Path) -> None:
    """It has found its image when all is pruned; it passes, and the next one finds what it did."""
    text = root / ".pipeline" / "pipeline.py"
    text.write_text(
        text.read_text().replace('"cat main > /tmp/report;', '"echo begun; sleep 4; cat main > /tmp/report;')
    )
    assert machine.run(root).done == STEPS
    command = CommandLine.argv("run", "--plain", "--rerun", "unit")
    with subprocess.Popen(
        command, cwd=root, env=machine.cli.env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "begun" not in (line := process.stdout.readline()):
            assert line, "it has ended"
        prune(machine, root)
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    told = machine.run(root, "--expect-cached")
    assert told.is_cached, told.text


def references(engine: SecondEngine) -> list[str]:
    return engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
