"""The pipelines of all examples, from end to end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import CommandLine
    from tests.examples.conftest import RunExample

pytestmark = pytest.mark.engine

STAGES = {
    "hello": ["greet"],
    "node-service": ["test", "lint", "candidate"],
    "python-service": ["test", "candidate"],
}


@pytest.mark.parametrize("name", STAGES)
def test_the_pipeline_passes(run_example: RunExample, name: str) -> None:
    told = run_example(name).first
    assert told.code == 0, told.stdout
    assert re.findall(r"^✓ (\S+) +passed", told.stdout, re.MULTILINE) == STAGES[name]


@pytest.mark.parametrize("name", STAGES)
def test_a_second_run_says_that_every_build_is_cached(
    run_example: RunExample, cli: CommandLine, name: str
) -> None:
    root = run_example(name).root
    told = cli(root, "run")
    assert told.code == 0, told.stdout
    summary = told.stdout.rpartition("\n\n")[0]
    assert len(re.findall(r" build \S+: all \d+ steps cached$", summary, re.MULTILINE)) == len(STAGES[name])


@pytest.mark.parametrize("name", STAGES)
def test_nothing_is_wrong_in_it(run_example: RunExample, cli: CommandLine, name: str) -> None:
    told = cli(run_example(name).root, "check")
    assert (told.code, told.stderr) == (0, "")


def test_hello_says_hello(run_example: RunExample) -> None:
    assert "greet │ Hello, world!\n" in run_example("hello").first.stdout
