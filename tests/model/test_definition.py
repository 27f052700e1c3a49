"""What all definitions have in common: frozen, read-only, comparable, printable; collected or plain."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import (
    Apt,
    Builder,
    Copy,
    DefinitionError,
    Lives,
    Node,
    Pipeline,
    Project,
    Ref,
    Run,
    Runs,
    Variant,
)
from pipeline_dsl.model.definition import Definition, amended
from pipeline_dsl.model.evaluation import evaluating

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY_KIND = (
    *("Variant('abc')", "Project('p')", "Pipeline('ci')", "stage", "Run()", "Apt()", "AptProxy('http://a')"),
    *("AptSource('http://a', distribution='sid')", "Lives()", "Runs()", "Node()", "Php()", "Python()"),
    *("Poetry()", "Builder()", "Mount('local')", "Cache('a')", "Copy('local')", "Image('a')"),
)


@pytest.mark.parametrize("expression", EVERY_KIND)
def test_no_argument_can_be_assigned_afterwards(write: Callable[[str], object], expression: str) -> None:
    made = write(expression)
    assert isinstance(made, Definition)
    for field in dataclasses.fields(made):  # type: ignore[arg-type]  # every Definition is a dataclass
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


def test_a_list_is_kept_as_a_tuple_that_later_changes_do_not_reach() -> None:
    packages = ["git"]
    apt = Apt(packages=packages)
    packages.append("curl")
    assert apt.packages == ("git",)


def test_a_mapping_is_kept_read_only_and_later_changes_do_not_reach_it() -> None:
    environment = {"TZ": "UTC"}
    runs = Runs(environment=environment)
    environment["TZ"] = "CET"
    assert runs.environment == {"TZ": "UTC"}
    with pytest.raises(TypeError):
        runs.environment["TZ"] = "CET"  # type: ignore[index]  # which is what the test is about


def test_mappings_of_lists_are_kept_with_tuples() -> None:
    assert Apt(packages={"sid": ["git"]}).packages == {"sid": ("git",)}


def test_objects_without_a_name_are_equal_by_what_they_say() -> None:
    assert Lives(uid=1) == Lives(uid=1)
    assert Lives(uid=1) != Lives(uid=2)
    assert hash(Lives(uid=1)) == hash(Lives(uid=1))


def test_objects_with_a_name_are_equal_to_themselves_only() -> None:
    variant = Variant("abc")
    assert variant != Variant("abc")
    assert {variant: 1}[variant] == 1


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("Apt()", "Apt()"),
        ("Apt(packages=['git'])", "Apt(packages=('git',))"),
        ("Copy(build, source='a')", "Copy(Variant('build'), source='a')"),
        ("Run(tail=0, environment={})", "Run()"),
        ("Variant('abc', base='debian', apt=Apt())", "Variant('abc')"),
        ("Project('p', base='debian')", "Project('p')"),
        ("ci", "Pipeline('ci')"),
        ("stage", "Stage('compile')"),
    ],
)
def test_an_object_prints_as_the_call_without_what_goes_without_saying(
    write: Callable[[str], object], expression: str, printed: str
) -> None:
    assert printed == repr(write(expression))


def test_outside_an_evaluation_objects_are_plain_values() -> None:
    ci = Pipeline("ci")
    stage = ci.stage("test", build=Variant("abc", entrypoint=["npm"]))
    assert (stage,) == ci.stages


def test_outside_an_evaluation_a_mistake_raises() -> None:
    with pytest.raises(DefinitionError, match="not a valid variant name"):
        Variant("x")


def test_an_evaluation_collects_what_has_a_name_in_the_order_it_was_made(tmp_path: Path) -> None:
    outside = Variant("outside")
    with evaluating(tmp_path) as evaluation:
        project = Project("p", node=Node(env="production"))
        variants = [Variant(name, apt=Apt()) for name in ("one", "two")]
        ci = Pipeline("ci")
        stage = ci.stage("test", build=outside, run=Run())
    Variant("afterwards")
    assert [project, *variants, ci, stage] == evaluation.definitions


def test_an_evaluation_notes_mistakes_and_goes_on(tmp_path: Path) -> None:
    with evaluating(tmp_path) as evaluation:
        faulty = Variant("x", copies=["local"])
        Variant("abc", entrypoint="npm")  # type: ignore[arg-type]  # a mistake
        ci = Pipeline("")
        stage = ci.stage("test", build=faulty, run=Run(tail=-5))
        after = ci.stage("report", after=[stage], run=[stage.image_id])
    assert [problem.message.split("(")[1].split(")")[0] for problem in evaluation.problems] == [
        "name",
        "entrypoint",
        "name",
        "tail",
    ]
    assert [stage, after] == evaluation.definitions
    assert faulty.copies == ["local"]


def test_what_a_faulty_object_was_not_given_is_at_its_default(tmp_path: Path) -> None:
    with evaluating(tmp_path):
        run = Run(tail=-5)
    assert (run.environment, run.arguments) == ({}, ())


def test_an_evaluation_inside_another_does_not_add_to_it(tmp_path: Path) -> None:
    with evaluating(tmp_path) as outer:
        with evaluating(tmp_path) as inner:
            Variant("inner")
        variant = Variant("outer")
    assert [variant] == outer.definitions
    assert len(inner.definitions) == 1


def test_an_amended_copy_leaves_the_original_as_it_is() -> None:
    original = Variant("abc", base="debian")
    amendment = amended(original, base="alpine")
    assert (original.base, amendment.base) == ("debian", "alpine")
    assert original.at == amendment.at


def test_a_changed_copy_made_with_dataclasses_replace_is_checked() -> None:
    changed = dataclasses.replace(Lives(uid=1, user="abc"), uid=2)
    assert Lives(uid=2, user="abc") == changed
    with pytest.raises(DefinitionError, match="must be 0 or more"):
        dataclasses.replace(changed, uid=-1)


def test_a_builder_can_be_told_to_run_no_command() -> None:
    assert Builder(command=[]).command == ()


def test_references_spell_the_stage_and_what_it_gives() -> None:
    ci = Pipeline("ci")
    stage = ci.stage("unit-test", build=Variant("abc"), run=Run(tail=1))
    assert (stage.image_id, stage.output) == ("${unit-test.imageID}", "${unit-test.output}")
    assert isinstance(stage.image_id, Ref)
    assert f"--image={stage.image_id}" == "--image=${unit-test.imageID}"


def test_a_reference_stands_wherever_a_string_can() -> None:
    ci = Pipeline("ci")
    stage = ci.stage("build", build=Variant("abc"))
    after = ci.stage("use", run=Run(image=stage.image_id, environment={"IMAGE": stage.image_id}))
    assert isinstance(after.run, Run)
    assert (after.run.image, after.run.environment) == ("${build.imageID}", {"IMAGE": "${build.imageID}"})


def test_a_pipeline_can_be_given_stages_and_gets_more() -> None:
    first = Pipeline("other").stage("first")
    ci = Pipeline("ci", stages=[first])
    second = ci.stage("second", after=[first])
    assert (first, second) == ci.stages


def test_one_object_can_serve_several_variants() -> None:
    files = Copy("local", source="src/")
    assert Variant("one", copies=[files]).copies == Variant("two", copies=[files]).copies
