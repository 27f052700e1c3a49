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
def test_a_second_run_finds_nothing_to_do(run_example: RunExample, cli: CommandLine, name: str) -> None:
    root = run_example(name).root
    told = cli(root, "run")
    assert told.code == 0, told.stdout
    assert told.stdout.splitlines()[-1].endswith(f": {len(STAGES[name])} cached")
    found = re.findall(r" cached +(?:[\d.]+ s +)?build \S+: built \d+ \S+ ago$", told.stdout, re.MULTILINE)
    assert len(found) == len(STAGES[name])


@pytest.mark.parametrize("name", STAGES)
def test_nothing_is_wrong_in_it(run_example: RunExample, cli: CommandLine, name: str) -> None:
    told = cli(run_example(name).root, "check")
    assert (told.code, told.stderr) == (0, "")


def test_hello_says_hello(run_example: RunExample) -> None:
    assert "greet │ Hello, world!\n" in run_example("hello").first.stdout
