"""The page about policies: its examples do what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.model import Runs, Variant
from pipeline_dsl.policy import load_policies
from pipeline_dsl.policy.check import CHECKS
from pipeline_dsl.policy.pins import PINS
from pipeline_dsl.policy.rule import STEERING
from pipeline_dsl.policy.standard import STANDARD

if TYPE_CHECKING:
    from tests.policy.conftest import Hold

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text("utf-8")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the files of the page, which is the current one."""
    for language, name in (("python", "house.py"), ("yaml", "house.yaml")):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        (tmp_path / name).write_text(block, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("example")
def test_the_python_file_of_the_page_wants_tests_to_run(hold: Hold) -> None:
    policies = load_policies(["house.py"])
    assert hold(policies, Variant("test", base="foo", entrypoint=["npm", "test"])) == []
    (problem,) = hold(policies, Variant("test", base="foo"))
    assert problem.message == 'variant "test", entrypoint: there is nothing to run.'


@pytest.mark.usefixtures("example")
def test_the_rule_file_of_the_page_finds_what_the_page_says(hold: Hold) -> None:
    own = Variant("production", base="registry.example/a", runs=Runs(insecurely=True))
    (problem,) = hold(load_policies(["house.yaml"]), own)
    assert f": {problem.message} [{problem.code}]\n" in PAGE


def test_the_first_message_of_the_page_is_one(hold: Hold) -> None:
    own = Variant("production", base="debian:12")
    (problem,) = hold(load_policies(["no-root", "registries=registry.example"]), own)
    assert f": {problem.message} [{problem.code}]\n" in PAGE


def test_the_tables_of_the_page_are_whole() -> None:
    listed = set(
        re.findall(r"`([a-z0-9_-]+)(?:=[^`]*)?`", "".join(re.findall(r"^\|.*\n", PAGE, re.MULTILINE)))
    )
    assert {*CHECKS, *STEERING, *STANDARD, *PINS} - listed == set()
