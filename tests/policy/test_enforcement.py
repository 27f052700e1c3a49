"""Policies that are functions: what becomes of their violations, and of their own mistakes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, cast

import pytest

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.model import Project, Runs, Variant
from pipeline_dsl.policy import Policy, Resolved, Violation, enforce
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.policy.conftest import Hold


def no_foo(project: Resolved) -> Iterator[Violation]:
    for variant in project.variants.values():
        if variant.base == "foo":
            yield Violation(variant.name, "base", "nobody starts from foo.", "Start from bar.")


def test_a_project_that_keeps_to_its_policies_passes(hold: Hold) -> None:
    assert hold([no_foo], Variant("own", base="bar")) == []


def test_a_violation_names_the_variant_the_setting_the_way_out_and_the_authors_line(hold: Hold) -> None:
    bad = Variant("bad", base="foo")
    message = 'variant "bad", base: nobody starts from foo.'
    expected = Problem("policy-violated", message, bad.at, "Start from bar.")
    assert [expected] == hold([no_foo], Variant("good", base="bar"), bad)


def test_what_a_variant_inherits_counts(hold: Hold) -> None:
    def secure(project: Resolved) -> list[Violation]:
        bad = [variant for variant in project.variants.values() if variant.insecurely]
        return [Violation(variant.name, "runs.insecurely", "insecure.") for variant in bad]

    own = Variant("own")
    project = Project("p", base="foo", runs=Runs(insecurely=True), variants=[own])
    assert [own.at] == [problem.at for problem in hold([secure], project=project)]


def test_everything_that_any_policy_finds_is_said_once(hold: Hold) -> None:
    def later(_: Resolved) -> list[Violation]:
        return [Violation("one", "base", "late.")]

    found = hold([no_foo, later, no_foo], Variant("one", base="foo"), Variant("two", base="foo"))
    early = "base: nobody starts from foo."
    expected = [f'variant "one", {early}', f'variant "two", {early}', 'variant "one", base: late.']
    assert expected == [problem.message for problem in found]


def test_a_violation_of_a_variant_that_there_is_not_has_no_line(hold: Hold) -> None:
    (problem,) = hold([lambda _: [Violation("lost", "base", "gone.")]], Variant("own", base="foo"))
    assert problem == Problem("policy-violated", 'variant "lost", base: gone.')


def test_a_policy_that_fails_is_named_with_its_line_beside_what_was_found_before(hold: Hold) -> None:
    def broken(project: Resolved) -> Iterator[Violation]:
        yield Violation("own", "base", "found.")
        project.closure("nobody")  # the line that is to blame

    found, failed = hold([broken], Variant("own", base="foo"))
    assert found.message == 'variant "own", base: found.'
    assert (failed.code, failed.message) == ("policy-failed", "policy \"broken\" fails: KeyError: 'nobody'.")
    assert failed.at is not None
    assert (failed.at.file, failed.at.line) == (__file__, broken.__code__.co_firstlineno + 2)
    assert failed.excerpt.strip().startswith('project.closure("nobody")')


def test_a_policy_cannot_end_the_program(hold: Hold) -> None:
    def ends(_: Resolved) -> Iterable[Violation]:
        sys.exit(0)

    (problem,) = hold([ends], Variant("own", base="foo"))
    assert problem.message == 'policy "ends" fails: SystemExit: 0.'


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (None, "it gives None, where it should give violations or an empty list"),
        (["bad"], "it gives 'bad', where it should give a Violation"),
    ],
)
def test_a_policy_that_gives_something_else_is_explained(hold: Hold, given: object, complaint: str) -> None:
    def odd(_: Resolved) -> object:
        return given

    (problem,) = hold([cast("Policy", odd)], Variant("own", base="foo"))
    assert problem.message == f'policy "odd" fails: TypeError: {complaint}.'
    assert problem.at is not None
    assert (problem.at.file, problem.at.line) == (__file__, odd.__code__.co_firstlineno)


def test_the_mistakes_of_an_installed_policy_are_blamed_on_its_own_line(hold: Hold) -> None:
    """Though it is not the author's code: there is no other line that could be mended."""
    source = "import json\ndef policy(project):\n    json.loads('{')\n"
    file = f"{os.sep}venv{os.sep}site-packages{os.sep}rules.py"
    names: dict[str, Policy] = {}
    exec(compile(source, file, "exec"), names)  # noqa: S102 -- as an import would
    (problem,) = hold([names["policy"]], Variant("own", base="foo"))
    assert (problem.code, str(problem.at)) == ("policy-failed", f"{file}:3")


def test_a_policy_that_cannot_be_applied_says_so_itself(hold: Hold) -> None:
    problem = Problem("own-code", "this is nothing for me.")

    def picky(_: Resolved) -> list[Violation]:
        raise DefinitionError([problem])

    assert [problem] == hold([picky], Variant("own", base="foo"))


def test_what_a_policy_prints_stays_off_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(_: Resolved) -> list[Violation]:
        print("Looking.")  # noqa: T201 -- somebody left it in
        return []

    enforce(resolve(Project("p", variants=[Variant("own", base="foo")])), [chatty])
    assert capsys.readouterr() == ("", "Looking.\n")
