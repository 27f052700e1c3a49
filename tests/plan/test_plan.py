"""What a run is going to do, worked out from a project."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.errors import DefinitionError, UsageError
from pipeline_dsl.load import load, locate
from pipeline_dsl.model import Pipeline, Project, Run, Stage, Variant
from pipeline_dsl.plan import BuildParameters, Choice, check_files, plan, plan_build, plan_dockerfile
from pipeline_dsl.resolve import Resolved, resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline_dsl.plan import Plan
    from tests.conftest import MakeProject

PIPELINES = """
box = Variant("box", base=BASE, entrypoint=["true"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=True)
lint = ci.stage("lint", build=box, run=True)
image = ci.stage("image", build=box, after=[unit])
ci.stage("report", build=box, run=["echo", image.image_id])
nightly = Pipeline("nightly")
nightly.stage("unit", build=box, run=True)
nightly.stage("soak", build=box, run=True)
"""


def resolved(root: Path) -> Resolved:
    return resolve(load(locate(root / ".pipeline" / "pipeline.py")))


def stages(planned: Plan) -> list[str]:
    """Name the stages of a plan as PIPELINE/STAGE, in its order."""
    return [f"{stage.pipeline}/{stage.name}" for pipeline in planned.pipelines for stage in pipeline]


def codes(act: Callable[[], object], kind: type[DefinitionError | UsageError]) -> list[str]:
    """Do what fails; give the code and the place of each problem."""
    with pytest.raises(kind) as failure:
        act()
    return [f"{problem.code} {problem.at}" for problem in failure.value.problems]


@pytest.mark.parametrize(
    ("pipelines", "names", "expected"),
    [
        (
            [],
            [],
            ["ci/unit", "ci/lint", "ci/image", "ci/report", "nightly/unit", "nightly/soak"],
        ),
        (["nightly", "ci"], ["unit"], ["nightly/unit", "ci/unit"]),
        (["nightly", "nightly"], [], ["nightly/unit", "nightly/soak"]),
        ([], ["report"], ["ci/unit", "ci/image", "ci/report"]),
        ([], ["soak", "lint"], ["ci/lint", "nightly/soak"]),
        (["ci"], ["image", "image"], ["ci/unit", "ci/image"]),
    ],
    ids=[
        "all of all pipelines",
        "pipelines in the order of the request",
        "a pipeline named twice runs once",
        "a stage with what it needs, directly or not",
        "stages of several pipelines",
        "a stage named twice runs once",
    ],
)
def test_what_is_asked_for_is_planned(
    make_project: MakeProject, pipelines: list[str], names: list[str], expected: list[str]
) -> None:
    root = make_project(PIPELINES)
    assert expected == stages(plan(resolved(root), root, Choice(pipelines, names)))


def test_a_stage_comes_after_all_that_it_needs(make_project: MakeProject) -> None:
    root = make_project(PIPELINES)
    seen: set[tuple[str, str]] = set()
    for stage in (stage for pipeline in plan(resolved(root), root).pipelines for stage in pipeline):
        assert {(stage.pipeline, need) for need in stage.needs} <= seen
        seen.add((stage.pipeline, stage.name))


@pytest.mark.parametrize(
    ("pipelines", "names", "expected"),
    [
        (["nightyl"], [], 'There is no pipeline "nightyl". Did you mean "nightly"? [unknown-pipeline]'),
        (["zzz"], [], 'There is no pipeline "zzz". There are: ci, nightly. [unknown-pipeline]'),
        ([], ["uint"], 'There is no stage "uint". Did you mean "unit"? [unknown-stage]'),
        (["ci"], ["soak"], 'There is no stage "soak". There are: unit, lint, image, report. [unknown-stage]'),
        (
            [],
            ["zzz", "imag", "zzz"],
            """\
There is no stage "zzz". There are: unit, lint, image, report, soak. [unknown-stage]
There is no stage "imag". Did you mean "image"? [unknown-stage]""",
        ),
    ],
    ids=["near", "far", "near stage", "stage of another pipeline", "each once"],
)
def test_names_that_do_not_exist_are_refused_with_those_that_do(
    make_project: MakeProject, pipelines: list[str], names: list[str], expected: str
) -> None:
    root = make_project(PIPELINES)
    with pytest.raises(UsageError) as failure:
        plan(resolved(root), root, Choice(pipelines, names))
    assert expected == str(failure.value)


def test_an_unknown_variant_is_refused(make_project: MakeProject) -> None:
    root = make_project(PIPELINES)
    project = resolved(root)
    assert codes(lambda: plan_build(project, root, "bocks"), UsageError) == ["unknown-variant None"]
    assert codes(lambda: plan_dockerfile(project, "bocks"), UsageError) == ["unknown-variant None"]


def test_a_build_argument_that_no_built_variant_declares_is_refused(make_project: MakeProject) -> None:
    root = make_project("""
inner = Variant("inner", base=BASE, arguments={"MODE": "slow"})
outer = Variant("outer", base=BASE, copies=[inner])
other = Variant("other", base=BASE, arguments={"OTHER": ""})
""")
    given = BuildParameters({"MODE": "fast", "LIVES_UID": "1000", "HTTPS_PROXY": "http://proxy.example"})
    assert plan_build(resolved(root), root, "outer", given).parameters == given
    with pytest.raises(UsageError) as failure:
        plan_build(resolved(root), root, "outer", BuildParameters({"MODDE": "", "OTHER": ""}))
    assert [problem.message for problem in failure.value.problems] == [
        'There is no build argument "MODDE".',
        'There is no build argument "OTHER".',
    ]


def test_without_pipelines_there_is_nothing_to_plan(make_project: MakeProject) -> None:
    root = make_project('Variant("box", base=BASE)')
    assert codes(lambda: plan(resolved(root), root), UsageError) == ["no-pipeline None"]


MISSING = """
build = Variant("build", base=BASE, copies=[Copy("local", source="srv")])
test = Variant("test", includes=[build], node=Node(requirements=["package.json"]))
image = Variant("image", base=BASE, copies=[build])
odd = Variant("odd", base=BASE, copies=[Copy("local", source="ignored")])
ci = Pipeline("ci")
ci.stage("unit", build=test, run=True)
ci.stage("image", build=image)
"""


def test_all_missing_files_are_named_each_once_with_the_authors_line(make_project: MakeProject) -> None:
    root = make_project(MISSING, {"ignored": "", ".dockerignore": "ignored\n"})
    with pytest.raises(DefinitionError) as failure:
        check_files(resolved(root), root)
    assert [(problem.code, str(problem.at)) for problem in failure.value.problems] == [
        ("source-missing", ".pipeline/pipeline.py:2"),
        ("source-missing", ".pipeline/pipeline.py:3"),
        ("source-ignored", ".pipeline/pipeline.py:5"),
    ]


def test_files_of_variants_that_are_not_asked_for_may_be_missing(make_project: MakeProject) -> None:
    root = make_project(MISSING)
    with pytest.raises(DefinitionError) as failure:
        plan(resolved(root), root, Choice(stages=["image"]))
    (problem,) = failure.value.problems
    assert problem.message.startswith('variant "image": "srv" is to be copied, but there is no')


def test_planning_writes_nothing(make_project: MakeProject) -> None:
    root = make_project('Variant("box", base=BASE, copies=["local"])', {"src/app.js": ""})
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    check_files(resolved(root), root)
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_the_context_holds_what_is_copied_and_nothing_else(make_project: MakeProject) -> None:
    root = make_project(
        """
        build = Variant("build", base=BASE, node=Node(requirements=["package.json"]))
        Variant("image", base=BASE, copies=[build, Copy("local", source="src/")])
        """,
        {"package.json": "{}", "src/app.js": "", "src/app.log": "", "junk": "", ".dockerignore": "**/*.log"},
    )
    context = plan_build(resolved(root), root, "image").context
    assert context is not None
    assert [file.path for file in Contexts(None).listing(context).files] == [
        "package.json",
        "src",
        "src/app.js",
    ]


def test_an_image_has_a_name_of_its_own_and_those_that_are_asked_for(make_project: MakeProject) -> None:
    root = make_project('Project("My Service!")\nVariant("box", base=BASE)')
    tags = plan_build(resolved(root), root, "box", tags=["registry.example/box:1"]).tags
    assert tags == ("pipeline-dsl/my-service:box", "registry.example/box:1")


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("build=box, run=True", "npm test"),
        ('build=box, run=Run(arguments=["--only", "a b"])', "npm test --only 'a b'"),
        ('build=box, run=["sh", "-c", "echo a;\\n  echo b"]', "sh -c 'echo a; echo b'"),
        ("build=bare, run=True", "entrypoint"),
        ("build=box", ""),
        ("run=Run(image=earlier.image_id)", "entrypoint"),
    ],
    ids=["entrypoint", "with arguments", "script of two lines", "base's entrypoint", "no run", "other image"],
)
def test_a_run_is_called_by_its_command_on_one_line(
    make_project: MakeProject, stage: str, expected: str
) -> None:
    root = make_project(
        f"""
        box = Variant("box", base=BASE, entrypoint=["npm", "test"])
        bare = Variant("bare", base=BASE)
        ci = Pipeline("ci")
        earlier = ci.stage("earlier", build=box)
        ci.stage("unit", {stage})
        """
    )
    ((_, unit),) = plan(resolved(root), root).pipelines
    assert expected == unit.run_title


def test_the_time_that_planning_takes_grows_with_the_stages_and_no_faster(tmp_path: Path) -> None:
    """Four times as many stages take no more than eight times as long, also where files are handed on."""

    def seconds(size: int) -> float:
        box = Variant("box", base="foo")
        stages: list[Stage] = []
        for number in range(size):
            run = Run(arguments=[stages[-1].image_id] if stages else [])
            stages.append(Stage(f"s{number}", build=box, run=run, copy=[] if stages else ["/out"]))
        project = resolve(Project("p", variants=[box], pipelines=[Pipeline("ci", stages=stages)]))
        start = time.process_time()
        assert plan(project, tmp_path).stages[-1].files_from == ("s0",)
        check_files(project, tmp_path)
        return time.process_time() - start

    quick, slow = (min(seconds(size) for _ in range(3)) for size in (250, 1000))
    assert slow < 8 * quick
