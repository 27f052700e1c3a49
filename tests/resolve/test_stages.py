"""Resolved pipelines: what stages do, what they wait for, and what is wrong with them."""

from __future__ import annotations

import pytest

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.model import (
    Artifact,
    Build,
    Deploy,
    Each,
    Email,
    Image,
    Notify,
    Pipeline,
    Project,
    Promote,
    Publish,
    Run,
    Runs,
    Service,
    Stage,
    Variant,
    setup,
)
from pipeline_dsl.resolve import ResolvedBuild, ResolvedPipeline, ResolvedPublish, ResolvedRun, resolve

TEST = Variant("test", base="foo")


def resolved(pipeline: Pipeline) -> ResolvedPipeline:
    return resolve(Project("p", pipelines=[pipeline])).pipelines[0]


def needs(pipeline: Pipeline) -> dict[str, tuple[str, ...]]:
    return {stage.name: stage.needs for stage in resolved(pipeline).stages}


def problem(*pipelines: Pipeline) -> Problem:
    """The only thing that is wrong."""
    with pytest.raises(DefinitionError) as refused:
        resolve(Project("p", pipelines=pipelines))
    (only,) = refused.value.problems
    return only


def running(*command: str) -> Pipeline:
    """A pipeline of a stage ``unit``, which is built and run, and one that runs a command."""
    ci = Pipeline("ci")
    ci.stage("unit", build=TEST, run=Run(tail=1))
    ci.stage("report", build=TEST, run=list(command))
    return ci


def test_a_stage_waits_for_those_that_it_comes_after() -> None:
    ci = Pipeline("ci")
    one = ci.stage("one", build=TEST)
    two = ci.stage("two", build=TEST)
    ci.stage("three", build=TEST, after=[two, one])
    assert needs(ci) == {"one": (), "two": (), "three": ("two", "one")}


def test_a_stage_waits_for_those_whose_values_it_uses() -> None:
    """Wherever a string can stand, inside other text too, and once for all that it uses."""
    ci = Pipeline("ci")
    places = ("program", "argument", "value", "name", "image")
    unit = {name: ci.stage(name, build=TEST, run=Run(tail=1)) for name in places}
    ci.stage(
        "report",
        run=Run(
            command=["sh", f"{unit['program'].output}.sh"],
            arguments=[f"--a={unit['argument'].image_id},{unit['argument'].output}"],
            environment={"AA": unit["value"].output, f"B_{unit['name'].output}": "x"},
            image=unit["image"].image_id,
        ),
    )
    assert needs(ci)["report"] == ("program", "argument", "value", "name", "image")


def test_stages_are_put_into_an_order_in_which_they_can_run() -> None:
    late = Stage("late", build=TEST, run=["${early.imageID}"])
    early = Stage("early", build=TEST)
    assert [stage.name for stage in resolved(Pipeline("ci", stages=[late, early])).stages] == [
        "early",
        "late",
    ]


@pytest.mark.parametrize(
    ("run", "command", "arguments"),
    [
        (True, None, ()),
        (["npm", "test"], ("npm", "test"), ()),
        (Run(arguments=["-v"]), None, ("-v",)),
        (Run(command=["npm"], arguments=["-v"]), ("npm",), ("-v",)),
    ],
)
def test_what_a_stage_runs_is_spelt_out(
    *, run: bool | list[str] | Run, command: tuple[str, ...] | None, arguments: tuple[str, ...]
) -> None:
    (stage,) = resolved(Pipeline("ci", stages=[Stage("one", build=TEST, run=run)])).stages
    assert stage.run is not None
    assert stage.build == ResolvedBuild("test")
    assert stage.run == ResolvedRun(command, arguments, image="${.imageID}")


@pytest.mark.parametrize("run", [None, False])
def test_a_stage_need_not_run_anything(*, run: bool | None) -> None:
    (stage,) = resolved(Pipeline("ci", stages=[Stage("one", build=TEST, run=run)])).stages
    assert stage.run is None


def test_a_stage_can_use_its_own_values_and_what_it_is_called() -> None:
    assert needs(running("${.imageID}", "${.stage}", "${unit.stage}"))["report"] == ("unit",)


@pytest.mark.parametrize(
    "text", ["$${unit.nothing}", "${HOME}", "${unit}", "$unit.nothing", "$(x)", "$", "$$"]
)
def test_what_is_meant_for_somebody_else_is_left_alone(text: str) -> None:
    """An escaped expression, and one without a dot."""
    assert needs(running(text))["report"] == ()


def test_a_default_does_not_hide_what_is_referred_to() -> None:
    assert needs(running("${unit.output|none: at|all}"))["report"] == ("unit",)


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        (
            "${unti.output}",
            "unknown-stage",
            'stage "report": ${unti.output}: there is no stage "unti" in its pipeline.',
            'Did you mean "unit"?',
        ),
        (
            "${unit.outptu}",
            "unbound-reference",
            'stage "report": ${unit.outptu}: stage "unit" gives no "outptu".',
            'Did you mean "output"?',
        ),
        (
            "${.output}",
            "unbound-reference",
            'stage "report": ${.output}: stage "report" gives no "output".',
            "",
        ),
        (
            "${report.imageID}",
            "own-reference",
            'stage "report": ${report.imageID} is the stage\'s own.',
            "Write ${.imageID}.",
        ),
        (
            "${X:-y}",
            "malformed-expression",
            'stage "report": "${X:-y}" is not an expression.',
            'Write "$${" for a "${" that is meant for somebody else, such as a shell.',
        ),
        (
            "a ${unit.output",
            "malformed-expression",
            'stage "report": "${unit.output" is not an expression.',
            'Write "$${" for a "${" that is meant for somebody else, such as a shell.',
        ),
        (
            "${}",
            "malformed-expression",
            'stage "report": "${}" is not an expression.',
            'Write "$${" for a "${" that is meant for somebody else, such as a shell.',
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(text: str, code: str, message: str, hint: str) -> None:
    ci = running(text)
    found = problem(ci)
    assert (found.code, found.message, found.hint) == (code, message, hint)
    assert found.at == ci.stages[1].at


def test_the_output_of_a_stage_that_runs_nothing_is_refused() -> None:
    ci = Pipeline("ci")
    ci.stage("unit", build=TEST)
    ci.stage("report", build=TEST, run=["${unit.output}"])
    assert problem(ci).message == 'stage "report": ${unit.output}: stage "unit" gives no "output".'


def test_a_stage_of_another_pipeline_cannot_come_first() -> None:
    """Not even if a stage of the same name is in its own."""
    other, ci = Pipeline("other"), Pipeline("ci")
    foreign = other.stage("unit", build=TEST)
    ci.stage("unit", build=TEST)
    ci.stage("report", build=TEST, after=[foreign])
    found = problem(other, ci)
    assert found.code == "foreign-stage"
    assert found.message == 'stage "report" comes after "unit", which is not a stage of its pipeline.'


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage("one"), "idle-stage"),
        (Stage("one", run=False), "idle-stage"),
        (Stage("one", run=True), "no-image"),
        (Stage("one", run=["true"]), "no-image"),
        (Stage("one", build=TEST, run=[]), "empty-command"),
        (Stage("one", build=TEST, run=Run(command=[])), "empty-command"),
    ],
)
def test_a_stage_that_cannot_do_anything_is_refused(stage: Stage, code: str) -> None:
    found = problem(Pipeline("ci", stages=[stage]))
    assert (found.code, found.at) == (code, stage.at)


def test_an_empty_pipeline_is_refused() -> None:
    empty = Pipeline("empty")
    assert (problem(empty).code, problem(empty).at) == ("empty-pipeline", empty.at)


def test_two_stages_of_one_name_are_refused() -> None:
    twins = [Stage("twin", build=TEST), Stage("twin", build=TEST)]
    assert problem(Pipeline("ci", stages=twins)).at == twins[1].at


def test_stages_that_wait_for_one_another_are_refused() -> None:
    """By references that are written by hand; objects cannot refer to later ones."""
    stages = [
        Stage("one", build=TEST, run=["${three.imageID}"]),
        Stage("two", build=TEST, run=["${one.imageID}"]),
        Stage("three", build=TEST, run=["${two.imageID}"]),
    ]
    found = problem(Pipeline("ci", stages=stages))
    assert found.code == "stage-cycle"
    ways = ("one → three → two → one", "three → two → one → three", "two → one → three → two")
    expected = [
        f'stages of pipeline "ci" wait for one another in a circle, each for the next: {way}.' for way in ways
    ]
    assert found.message in expected
    assert found.at in [stage.at for stage in stages]


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        (Stage("one", publish=True), "no-image"),
        (Stage("one", build=TEST, copy=["/out"]), "no-container"),
        (Stage("one", build=TEST, deploy=Deploy()), "no-image"),
        (Stage("one", build=TEST, promote=True), "no-image"),
        (Stage("one", build=TEST, exports={"imageID": "x"}), "rebound-name"),
        (Stage("one", build=TEST, exports={"stage": "x"}), "rebound-name"),
        (Stage("one", build=TEST, exports={"x": "${.later}"}), "unbound-reference"),
        (Stage("one", build=TEST, publish=Publish(tag="${.output}")), "unbound-reference"),
        (Stage("one", build=TEST, run=True, exports={"x": "${setup.comit}"}), "unbound-reference"),
        (
            Stage("one", build=Build(TEST, context="https://git.example/x.git", excludes=["a"])),
            "excludes-from-url",
        ),
    ],
)
def test_a_step_that_lacks_something_is_refused(stage: Stage, code: str) -> None:
    found = problem(Pipeline("ci", stages=[stage]))
    assert (found.code, found.at) == (code, stage.at)


def test_steps_are_spelt_out_with_their_defaults() -> None:
    ci = Pipeline("ci", directory="services/api/", notify=Notify(email=Email(["team@example.org"])))
    stage = ci.stage(
        "all",
        build=Build(TEST, context="src", pull="always"),
        run=True,
        copy=["/out", Artifact("/x", container="${other.container}")],
        publish=True,
        promote=True,
        deploy=Deploy(),
        exports={"x": "${.imageTag}", "y": "${.x}"},
        notify=Notify(email=Email(["other@example.org"], subject="broken")),
    )
    ci.stage("other", build=TEST, run=["true"])
    found = {one.name: one for one in resolved(ci).stages}[stage.name]
    assert found.steps == ("build", "run", "copy", "publish", "promote", "deploy", "exports")
    assert found.build == ResolvedBuild("test", directory="services/api/src", pull="always")
    assert [one.container for one in found.copy] == ["${.container}", "${other.container}"]
    tag, tags = "${setup.timestamp}-${.stage}", ("${setup.tag}",)
    assert found.publish == ResolvedPublish("${.imageID}", "${setup.project}", tag, tags, overwrite=False)
    assert found.promote == (Promote(),)
    assert found.notify == stage.notify
    assert found.needs == ("other",)
    assert resolved(ci).directory == "services/api"


def test_a_stage_waits_for_those_that_its_variant_and_its_services_refer_to() -> None:
    ci = Pipeline("ci")
    names = ("base", "source", "value", "service", "excluded")
    made = {name: ci.stage(name, build=TEST, run=Run(tail=1)) for name in names}
    copied = Variant("copied", base="foo", copies=[Image(made["source"].image)])
    stacked = Variant(
        "stacked",
        base=made["base"].image,
        copies=[copied],
        runs=Runs(environment={"VALUE": f"{made['value'].output} ${{HOME}} ${{X:-y}}"}),
    )
    ci.stage(
        "late",
        build=Build(stacked, excludes=[made["excluded"].output]),
        run=Run(services=[Service("db", image=made["service"].image)]),
    )
    assert sorted(needs(ci)["late"]) == sorted(names)


def test_in_a_loop_a_stage_goes_by_its_name_too() -> None:
    ci = Pipeline("ci")
    value = "${.tag} ${late.imageID} ${.imageID} ${early.output}"
    ci.stage("early", build=TEST, run=Run(tail=1))
    ci.stage("late", build=TEST, run=Run(arguments=Each("tag", of=["a"], value=value)))
    assert needs(ci)["late"] == ("early",)


def test_all_that_every_stage_knows_can_be_referred_to() -> None:
    known = [setup.project, setup.project_short_name, setup.pipeline, setup.timestamp, setup.commit]
    known += [setup.branch, setup.remote, setup.tag, setup.log_url, setup.parameter("ZUUL_CHANGE")]
    assert needs(running(*known, "${setup.GIT_COMMIT}", "${setup.stage}"))["report"] == ()
