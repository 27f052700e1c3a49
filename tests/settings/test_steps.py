"""The operator says which steps a pipeline may have; a message says which those are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import Position
from pipeline_dsl.settings import Settings, allowed_steps, disallowed

if TYPE_CHECKING:
    from tests.settings.conftest import Machine

WIKIMEDIA = """
[steps]
default = ["build", "copy", "exports", "notify", "run"]
pipelines.look = ["build"]
[steps.zuul]
"gate-and-submit*" = ["deploy", "promote", "publish", "trigger"]
post = ["deploy", "promote", "publish", "trigger"]
"""


@pytest.mark.parametrize(
    ("pipeline", "zuul", "allowed"),
    [
        ("test", "test", False),
        ("test", "", False),
        ("test", "gate-and-submit-wmf", True),
        ("test", "post", True),
        ("test", "postmerge", False),
        ("look", "post", True),
        ("look", "", False),
    ],
)
def test_a_step_is_allowed_where_the_pattern_matches_all_of_zuul_s_pipeline(
    machine: Machine, pipeline: str, zuul: str, *, allowed: bool
) -> None:
    settings = machine.settings(WIKIMEDIA)
    assert (disallowed(settings, pipeline, ["publish", "build"], zuul) == ()) is allowed


def test_what_a_pipeline_may_have_stands_in_the_place_of_the_default(machine: Machine) -> None:
    settings = machine.settings(WIKIMEDIA)
    assert allowed_steps(settings, "look") == ("build",)
    assert allowed_steps(settings, "look", "post") == ("build", "deploy", "promote", "publish", "trigger")


def test_outside_zuul_no_pattern_matches(machine: Machine) -> None:
    settings = machine.settings("steps = {default = [], zuul = {'*' = ['run']}}")
    assert allowed_steps(settings, "ci") == ()
    assert allowed_steps(settings, "ci", "check") == ("run",)


def test_all_steps_are_allowed_unless_the_operator_says_something() -> None:
    assert allowed_steps(Settings(), "test", "post") is None
    assert disallowed(Settings(), "test", ["publish"], "post") == ()


def test_the_message_says_what_is_allowed(machine: Machine) -> None:
    at = Position("pipeline.py", 3)
    told = disallowed(machine.settings(WIKIMEDIA), "ci", ["run", "publish", "trigger", "publish"], "test", at)
    assert [str(problem) for problem in told] == [
        f'pipeline.py:3: pipeline "ci" may have no step "{step}" in "test" of Zuul.'
        " Allowed are build, copy, exports, notify, run. [step-not-allowed]"
        for step in ("publish", "trigger")
    ]
    (outside,) = disallowed(machine.settings("steps.default = []"), "ci", ["run"])
    assert outside.message == 'pipeline "ci" may have no step "run" in a run outside Zuul.'
    assert outside.hint == "No step is allowed."
