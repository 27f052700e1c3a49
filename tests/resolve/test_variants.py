"""Resolved variants: defaults, and what takes files from what."""

from __future__ import annotations

import time

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.model import (
    Apt,
    Builder,
    Copy,
    Image,
    Lives,
    Mount,
    Node,
    Pipeline,
    Project,
    Python,
    Run,
    Runs,
    Stage,
    Variant,
)
from pipeline_dsl.resolve import Resolved, resolve


def resolved(*variants: Variant, base: str | None = "foo", builder: Builder | None = None) -> Resolved:
    return resolve(Project("p", base=base, builder=builder, variants=variants))


def refusal(project: Project) -> list[tuple[str, int]]:
    """Codes and lines of all that is wrong with a project."""
    with pytest.raises(DefinitionError) as refused:
        resolve(project)
    return [(problem.code, problem.at.line if problem.at else 0) for problem in refused.value.problems]


def test_what_nobody_says_has_the_defaults_of_blubber() -> None:
    """Spec §1.2."""
    variant = resolved(Variant("own")).variants["own"]
    assert (variant.directory, variant.run_directory) == ("/srv/app", None)
    assert (variant.owner.name, variant.owner.uid, variant.owner.gid) == ("somebody", 65533, 65533)
    assert (variant.runner.name, variant.runner.uid, variant.runner.gid) == ("runuser", 900, 900)
    assert (variant.entrypoint, variant.insecurely) == (None, False)
    assert (variant.arguments, variant.environment, variant.apt.packages) == ({}, {}, {})
    assert (variant.builders, variant.copies) == ((), ())


def test_a_variant_without_any_base_starts_from_nothing() -> None:
    assert resolved(Variant("own"), base=None).variants["own"].base is None


@pytest.mark.parametrize(
    ("base", "runs", "expected"),
    [("foo", None, "/src"), ("foo", Runs(directory="/run"), "/run"), ("scratch", None, "/")],
)
def test_relative_paths_in_a_finished_image_start_where_it_works(
    base: str, runs: Runs | None, expected: str
) -> None:
    variant = Variant("own", base=base, lives=Lives(directory="/src"), runs=runs)
    assert resolved(variant).variants["own"].final_directory == expected


def test_files_are_needed_from_copies_then_requirements_then_mounts() -> None:
    """Spec §4: in this order, once each; neither the context nor an image is a variant."""
    names = ("one", "two", "three", "four", "five")
    one, two, three, four, five = (Variant(name) for name in names)
    own = Variant(
        "own",
        copies=["local", Image("bar"), five],
        node=Node(requirements=["package.json", Copy(four, source="x")]),
        builder=Builder(
            command="make",
            mounts=[Mount("local", destination="m"), Mount(two), three],
            requirements=[Copy(one, source="y"), Copy(five, source="z")],
        ),
    )
    assert resolved(own, one, two, three, four, five).needs["own"] == ("five", "four", "one", "two", "three")


def test_an_image_from_nothing_needs_only_what_it_copies() -> None:
    unused, used = Variant("unused"), Variant("used")
    own = Variant("own", base="scratch", copies=[used], builder=Builder(mounts=[unused]))
    assert resolved(own, unused, used).needs["own"] == ("used",)


def test_files_that_only_an_included_variant_takes_are_needed_too() -> None:
    """Unlike in Blubber, which pulled an image of that name instead (§4, hole a)."""
    ddd = Variant("ddd")
    common = Variant("common", copies=[ddd])
    copied = Variant("copied", includes=[common])
    target = Variant("target", copies=[copied])
    project = resolved(target, copied, common, ddd)
    assert project.needs["copied"] == ("ddd",)
    assert [variant.name for variant in project.closure("target")] == ["ddd", "copied", "target"]


def test_files_that_the_project_takes_are_needed_by_every_variant() -> None:
    """Unlike in Blubber, which copied from a base image instead (§4, hole b)."""
    prep = Variant("prep", builder=Builder(requirements=[]))
    required = Builder(requirements=[Copy(prep, source="/opt/lib")])
    project = resolved(Variant("early"), prep, builder=required)
    assert project.needs == {"early": ("prep",), "prep": ()}


def test_a_variant_that_takes_files_from_itself_by_the_project_is_refused() -> None:
    prep = Variant("prep")
    project = Project(
        "p", base="foo", builder=Builder(requirements=[Copy(prep, source="x")]), variants=[prep]
    )
    with pytest.raises(DefinitionError, match="circle, each from the next: prep → prep") as refused:
        resolve(project)
    (problem,) = refused.value.problems
    assert (problem.code, problem.at) == ("variant-cycle", prep.at)
    assert problem.hint == "What the Project takes files from, every variant does, that one too."


def test_a_circle_names_everyone_on_the_way() -> None:
    """What two takes from one, one takes from two, because the project has everyone take it."""
    one = Variant("one")
    two = Variant("two", copies=[one], builder=Builder(mounts=[]))
    with pytest.raises(DefinitionError, match=r"each from the next: (one → two → one|two → one → two)\."):
        resolved(one, two, builder=Builder(command="make", mounts=[two]))


def test_the_files_of_a_long_chain_of_variants_are_put_in_order() -> None:
    """No recursion limit is met; sources come first, each of them once."""
    variants = [Variant("v-0000")]
    for number in range(1, 1500):
        variants.append(Variant(f"v-{number:04}", copies=[*variants[-2:]]))
    closure = resolved(*variants).closure("v-1499")
    assert [variant.name for variant in closure] == [f"v-{number:04}" for number in range(1500)]


def test_variants_that_only_others_refer_to_are_resolved_too() -> None:
    """Outside an evaluation nothing registers by itself."""
    included = Variant("included")
    copied = Variant("copied", includes=[included])
    built = Variant("built", copies=[copied])
    ci = Pipeline("ci", stages=[Stage("one", build=built)])
    project = resolve(Project("p", base="foo", pipelines=[ci]))
    assert sorted(project.variants) == ["built", "copied", "included"]


def test_two_variants_of_one_name_are_refused_wherever_they_come_from() -> None:
    stranger = Variant("same")
    own = Variant("same")
    user = Variant("user", copies=[stranger])
    first, second = Variant("twin"), Variant("twin")
    problems = refusal(Project("p", base="foo", variants=[own, user, first, second]))
    assert problems == [("duplicate-name", second.at.line), ("duplicate-name", stranger.at.line)]


def test_builders_and_a_stand_alone_one_cannot_come_together_by_inheritance() -> None:
    """Spec §1.4; reported where they meet and not again where that is included."""
    included = Variant("included", node=Node(env="test"))
    own = Variant("own", includes=[included], builders=[Builder(command="x")])
    heir = Variant("heir", includes=[own])
    project = Project("p", base="foo", variants=[included, own, heir])
    assert refusal(project) == [("exclusive-builders", own.at.line)]


def test_neither_empty_builders_nor_an_empty_stand_alone_one_is_in_the_way() -> None:
    included = Variant("included", node=Node(env="test"))
    resolved(included, Variant("own", includes=[included], builders=[]))
    nothing = Variant("nothing", node=Node())
    resolved(nothing, Variant("list", includes=[nothing], builders=[Builder(command="x")]))


@pytest.mark.parametrize(
    ("inherited", "own"),
    [(Builder(command="x"), Builder(script="y")), (Builder(script="y"), Builder(command="x"))],
)
def test_a_command_and_a_script_cannot_come_together_by_inheritance(inherited: Builder, own: Builder) -> None:
    included = Variant("included", builder=inherited)
    variant = Variant("own", includes=[included], builder=own)
    assert refusal(Project("p", base="foo", variants=[included, variant])) == [
        ("exclusive-command", variant.at.line)
    ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    included = Variant("included", builder=Builder(script="y"))
    bad = Variant("bad", includes=[included], builder=Builder(command="x"))
    again = Variant("bad")
    ci, cd = Pipeline("ci"), Pipeline("cd")
    idle = ci.stage("idle")
    lost = ci.stage("lost", build=bad, run=["${nowhere.output}", "${broken"])
    one = cd.stage("one", build=bad, run=["${two.stage}"])
    cd.stage("two", build=bad, after=[one])
    problems = refusal(
        Project("p", base="foo", variants=[included, bad, again], pipelines=[ci, cd, Pipeline("empty")])
    )
    assert [code for code, _ in problems] == [
        "duplicate-name",
        "exclusive-command",
        "idle-stage",
        "unknown-stage",
        "malformed-expression",
        "stage-cycle",
        "empty-pipeline",
    ]
    assert problems[2][1] == idle.at.line
    assert problems[3][1] == lost.at.line


def warnings(*variants: Variant, pipelines: tuple[Pipeline, ...] = ()) -> list[tuple[str, str]]:
    found = resolve(Project("p", variants=variants, pipelines=pipelines)).warnings
    return [(problem.code, problem.message) for problem in found]


def test_settings_that_have_no_effect_without_a_base_are_doubted() -> None:
    own = Variant("own", apt=Apt(packages=["git"]), node=Node(env="test"))
    message = 'variant "own" has no base, so that its apt and node have no effect.'
    assert warnings(own) == [("no-base", message)]


def test_an_explicit_scratch_is_not_doubted_and_neither_is_a_variant_of_mere_copies() -> None:
    explicit = Variant("explicit", base="scratch", node=Node(env="test"))
    assert warnings(explicit, Variant("mere", copies=["local"], entrypoint=["/x"])) == []


def test_a_variant_that_is_only_included_needs_no_base() -> None:
    common = Variant("common", apt=Apt(packages=["git"]))
    assert warnings(common, Variant("own", base="foo", includes=[common])) == []


def test_a_variant_that_is_included_and_built_needs_a_base() -> None:
    common = Variant("common", lives=Lives(uid=1))
    own = Variant("own", base="foo", includes=[common])
    ci = Pipeline("ci", stages=[Stage("one", build=common)])
    assert [code for code, _ in warnings(common, own, pipelines=(ci,))] == ["no-base"]


def test_inherited_settings_that_have_no_effect_without_a_base_are_doubted() -> None:
    common = Variant("common", lives=Lives(uid=1))
    message = 'variant "own" has no base, so that its lives has no effect.'
    assert warnings(common, Variant("own", includes=[common])) == [("no-base", message)]


def test_python_requirements_without_a_version_are_doubted() -> None:
    """Spec §3.6: nothing is installed, the requirements are not even copied."""
    doubted = Variant("own", base="foo", python=Python(requirements=["a.txt"]))
    assert [code for code, _ in warnings(doubted)] == ["no-python-version"]
    version = Variant("version", base="foo", python=Python(version="python3"))
    assert warnings(version) == []


def project_of(size: int) -> Project:
    """Variants in a chain that includes and one that copies, two stages for each of them."""
    variants = [Variant("v-0", base="foo")]
    for number in range(1, size):
        last = variants[-1]
        variants.append(
            Variant(f"v-{number}", includes=[last])
            if number % 2
            else Variant(f"v-{number}", base="foo", copies=["local", last], node=Node(requirements=["a"]))
        )
    stages: list[Stage] = []
    for number in range(2 * size):
        run = Run(arguments=[stages[-1].image_id] if stages else [])
        stages.append(Stage(f"s{number}", build=variants[number % size], run=run, after=stages[-3:]))
    return Project("p", variants=variants, pipelines=[Pipeline("ci", stages=stages)])


def test_a_thousand_variants_and_two_thousand_stages_are_resolved_in_no_time() -> None:
    """In less than two seconds; and four times as many take no more than eight times as long: linearly."""
    small, large = project_of(250), project_of(1000)

    def seconds(project: Project) -> float:
        start = time.process_time()
        resolve(project)
        return time.process_time() - start

    quick, slow = (min(seconds(project) for _ in range(3)) for project in (small, large))
    assert slow < 2
    assert slow < 8 * quick
