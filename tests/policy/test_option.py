"""The option --policy of commands."""

from __future__ import annotations

import argparse

import pytest

from pipeline_dsl.cli.policy import add_policies, enforce_policies
from pipeline_dsl.errors import DefinitionError, UsageError
from pipeline_dsl.model import Lives, Project, Variant
from pipeline_dsl.resolve import resolve

RESOLVED = resolve(Project("p", base="debian", variants=[Variant("own", lives=Lives(uid=0))]))


def hold(*words: str) -> None:
    parser = argparse.ArgumentParser()
    add_policies(parser)
    enforce_policies(parser.parse_args(words).policies, RESOLVED)


def test_without_the_option_everything_passes() -> None:
    hold()


def test_each_policy_that_is_named_holds() -> None:
    with pytest.raises(DefinitionError) as refused:
        hold("--policy", "no-root", "--policy", "pinned=images")
    assert [problem.code for problem in refused.value.problems] == ["policy-violated", "policy-violated"]
    assert refused.value.exit_code == 2


def test_a_policy_that_there_is_not_is_a_wrong_command_line() -> None:
    with pytest.raises(UsageError, match="unknown-policy"):
        hold("--policy", "norot")
