"""The commands that show a project and touch no engine: check, plan, graph, dockerfile, spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.load import load, locate
from pipeline_dsl.model.document import parse
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine, MakeProject

SERVICE = """
build = Variant("build", base=BASE, copies=["local"])
test = Variant("test", includes=[build], entrypoint=["npm", "test"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=test, run=Run(arguments=["--bail"], environment={"CI": "1"}, tail=1))
ci.stage("image", build=build, run=["echo", unit.output])
night = Pipeline("night")
night.stage("soak", build=test, run=True)
"""


@pytest.fixture
def service(make_project: MakeProject) -> Path:
    return make_project(SERVICE)


@pytest.fixture
def dead(cli: CommandLine) -> CommandLine:
    """The command line where there is no engine."""
    return type(cli)({"DOCKER_HOST": "unix:///nowhere/docker.sock"})


def test_a_project_that_is_in_order_is_said_to_be(dead: CommandLine, service: Path) -> None:
    told = dead(service, "check")
    assert told.code == 0
    assert told.stdout == f"{service.name}: nothing wrong in 2 variants, 2 pipelines, 3 stages\n"


def test_check_finds_all_that_is_missing(dead: CommandLine, make_project: MakeProject) -> None:
    root = make_project(
        """
        Variant("one", base=BASE, copies=[Copy("local", source="a.js")])
        Variant("two", base=BASE, copies=[Copy("local", source="b.js")])
        """
    )
    told = dead(root, "check")
    assert told.code == 2
    assert told.stdout == ""
    assert [line[:38] for line in told.stderr.splitlines()] == [
        "error: .pipeline/pipeline.py:2: varian",
        "error: .pipeline/pipeline.py:3: varian",
    ]


def test_plan_shows_the_steps_of_all_pipelines(dead: CommandLine, service: Path) -> None:
    told = dead(service, "plan")
    assert told.code == 0
    assert (
        told.stdout
        == """\
ci
├─ unit   build test                   will build  never built here
│         run   npm test --bail        will run    never passed here
└─ image  build build                  will build  never built here
          run   echo '${unit.output}'  will run    never passed here
night
└─ soak  build test      will build  never built here
         run   npm test  will run    never passed here
"""
    )


@pytest.mark.parametrize("command", ["plan", "graph", "run"])
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nigth"], 'error: There is no pipeline "nigth". Did you mean "night"? [unknown-pipeline]'),
        (["--stage", "unti"], 'error: There is no stage "unti". Did you mean "unit"? [unknown-stage]'),
        (["night", "--stage", "unit"], 'error: There is no stage "unit". There are: soak. [unknown-stage]'),
    ],
)
def test_unknown_names_are_refused_with_a_suggestion(
    dead: CommandLine, service: Path, command: str, words: list[str], complaint: str
) -> None:
    told = dead(service, command, *words)
    assert (told.code, told.stdout, told.stderr) == (2, "", f"{complaint}\n")


@pytest.mark.parametrize("command", ["dockerfile", "build"])
def test_an_unknown_variant_is_refused_with_a_suggestion(
    dead: CommandLine, service: Path, command: str
) -> None:
    told = dead(service, command, "tset")
    complaint = 'error: There is no variant "tset". Did you mean "test"? [unknown-variant]\n'
    assert (told.code, told.stdout, told.stderr) == (2, "", complaint)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "ci\n  unit\n  image ← unit\nnight\n  soak\n"),
        (["ci", "--format", "text"], "ci\n  unit\n  image ← unit\n"),
        (["--stage", "unit", "soak"], "ci\n  unit\nnight\n  soak\n"),
        (["--stage", "unit", "--stage", "soak"], "ci\n  unit\nnight\n  soak\n"),
        (
            ["--stage", "soak", "--format", "mermaid"],
            'flowchart LR\n  subgraph p0["night"]\n    s0["soak<br>build test<br>run npm test"]\n  end\n',
        ),
        (
            ["--stage", "soak", "--format", "dot"],
            """\
digraph {
  rankdir=LR;
  node [shape=box];
  subgraph "cluster_night" {
    label="night";
    "night/soak" [label="soak\\nbuild test\\nrun npm test"];
  }
}
""",
        ),
    ],
)
def test_graph_shows_the_stages_that_are_asked_for(
    dead: CommandLine, service: Path, words: list[str], expected: str
) -> None:
    told = dead(service, "graph", *words)
    assert (told.code, told.stdout) == (0, expected)


def test_dockerfile_prints_one_that_ends_in_the_variant(dead: CommandLine, service: Path) -> None:
    told = dead(service, "dockerfile", "test")
    assert told.code == 0
    stages = [line for line in told.stdout.splitlines() if line.startswith("FROM ")]
    assert stages[-1].endswith(" AS test")
    assert '\nENTRYPOINT ["npm", "test"]\n' in told.stdout


def test_spec_prints_a_document_that_means_the_same_when_it_is_read_back(
    dead: CommandLine, service: Path
) -> None:
    told = dead(service, "spec")
    assert told.code == 0
    assert resolve(parse(told.stdout)) == resolve(load(locate(service / ".pipeline" / "pipeline.py")))
