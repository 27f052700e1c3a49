"""Stages of a pipeline: what each does, in which order, and what is refused before any starts."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cli.main import main
from tests.acceptance.pipelines.told import printed, said

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject


@pytest.mark.engine
@pytest.mark.usefixtures("base")
def test_a_stage_builds_a_variant_and_runs_what_it_has_built(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker
) -> None:
    root = make_project(
        """
        test = Variant("test", base=BASE, copies=["local"], entrypoint=["cat", "greeting"])
        ci = Pipeline("ci")
        first = ci.stage("test", build=test, run=True)
        ci.stage("after", run=Run(command=["printf", "<%s>\\\\n", "${test.imageID}"], image=first.image_id))
        """,
        {"greeting": "hello\n"},
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout
    assert printed(told, "test")[-1] == "hello"
    image = docker.image(f"pipeline-dsl/{root.name}:test")
    assert image is not None
    assert said(told, "after") == [image.id.removeprefix("sha256:")]
    assert image.labels["blubber.variant"] == "test"
    assert image.labels["pipeline-dsl.project"] == root.name


@pytest.mark.engine
@pytest.mark.usefixtures("base")
def test_stages_start_when_those_before_them_have_ended_and_not_later(
    cli: CommandLine, make_project: MakeProject, docker: SdkDocker
) -> None:
    """A stage that goes on and on, here until the one at the end of another branch has passed, holds up only
    what comes after it: there are no frames."""
    root = make_project(
        """
        box = Variant("box", base=BASE)
        ci = Pipeline("ci")
        slow = ci.stage("slow", build=box, run=["sh", "-c", "trap 'exit 0' USR1; sleep 300 & wait"])
        first = ci.stage("first", build=box, run=["true"])
        second = ci.stage("second", build=box, run=["true"], after=[first])
        other = ci.stage("other", build=box, run=["true"], after=[first])
        ci.stage("last", build=box, run=["true"], after=[slow, second, other])
        """
    )
    passed: list[str] = []
    with cli.start(root, "run", "--jobs", "2", "--rerun") as command:
        assert command.stdout is not None
        for line in command.stdout:
            if match := re.match(r"(\w+): run .*: passed", line):
                passed.append(match[1])
                if {"second", "other"} <= set(passed) and "slow" not in passed:
                    label = f"pipeline-dsl.project={root.name}"
                    (slow,) = docker.api.containers(filters={"label": label, "name": "slow"})
                    docker.api.kill(slow["Id"], "USR1")
    assert command.returncode == 0
    assert passed[0] == "first"
    assert set(passed[1:3]) == {"second", "other"}
    assert passed[3:] == ["slow", "last"]


@pytest.mark.engine
@pytest.mark.usefixtures("base")
def test_pipelines_run_one_after_the_other_in_the_order_of_the_file(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE)
        for name in ("zebra", "ant"):
            Pipeline(name).stage("stamp", build=box, run=["sh", "-c", "date +'<%s.%N>'; sleep 0.3"])
        """
    )
    told = cli(root, "run", "--rerun")  # both do the same
    assert told.code == 0, told.stdout
    (zebra,), (ant,) = said(told, "zebra/stamp"), said(told, "ant/stamp")
    assert float(ant) - float(zebra) >= 0.3
    assert leftovers.of(root.name) == []


GOOD = """
box = Variant("box", base=BASE)
good = Pipeline("good")
one = good.stage("one", build=box, run=["true"])
bad = Pipeline("bad")
"""
REFUSED = {
    "a circle": (
        """
        a = bad.stage("a", build=box, run=["echo", "${b.stage}"])
        bad.stage("b", build=box, after=[a])
        """,
        r"pipeline.py:6: .* circle.*\[stage-cycle\]",
    ),
    "a stage that waits for itself": (
        'bad.stage("a", build=box, run=["echo", "${a.stage}"])',
        r'pipeline.py:6: stage "a": .* own.*\[own-reference\]',
    ),
    "two stages of one name": (
        """
        bad.stage("a", build=box)
        bad.stage("a", build=box)
        """,
        r'pipeline.py:7: .*"a".*\[duplicate',
    ),
    "no stages": ("", r'pipeline.py:5: pipeline "bad" has no stages.*\[empty-pipeline\]'),
    "a reserved name": ('bad.stage("setup", build=box)', r'pipeline.py:6: .*"setup"'),
    "a stage of another pipeline": (
        'bad.stage("a", build=box, after=[one])',
        r'pipeline.py:6: stage "a" comes after "one", which is not .*\[foreign-stage\]',
    ),
    "a stage that there is not": (
        'bad.stage("a", build=box, run=["echo", "${nowhere.output}"])',
        r'pipeline.py:6: .*no stage "nowhere".*\[unknown-stage\]',
    ),
    "a stage that there is not, in spite of a default": (
        'bad.stage("a", build=box, run=["echo", "${nowhere.output|none}"])',
        r'pipeline.py:6: .*no stage "nowhere".*\[unknown-stage\]',
    ),
    "a value that a stage does not give": (
        """
        bad.stage("a", build=box)
        bad.stage("b", build=box, run=["echo", "${a.output}"])
        """,
        r'pipeline.py:7: .*gives no "output".*\[unbound-reference\]',
    ),
    "a value of a later step": (
        'bad.stage("a", build=box, run=["echo", "${.output}"])',
        r'pipeline.py:6: .*gives no "output".*\[unbound-reference\]',
    ),
    "an export by the name of a step's value": (
        'bad.stage("a", build=box, run=["true"], exports={"output": "x"})',
        r'pipeline.py:6: stage "a" exports "output".*\[rebound-name\]',
    ),
    "a stage that does nothing": ('bad.stage("a")', r'pipeline.py:6: stage "a" does nothing.*\[idle-stage\]'),
    "a shell's expression": (
        'bad.stage("a", build=box, run=["sh", "-c", "echo ${X:-y}"])',
        r'pipeline.py:6: stage "a": "\$\{X:-y\}" is not an expression.*\$\$\{.*\[malformed-expression\]',
    ),
    "an expression without a name": (
        'bad.stage("a", build=box, run=["echo", "${}"])',
        r'pipeline.py:6: stage "a": .*\[malformed-expression\]',
    ),
    "an expression without an end": (
        'bad.stage("a", build=box, run=["echo", "${a"])',
        r'pipeline.py:6: stage "a": .*\[malformed-expression\]',
    ),
    "excludes from a repository": (
        'bad.stage("a", build=Build(box, context="https://example.org/a.git", excludes=["*.md"]))',
        r'pipeline.py:6: stage "a" excludes files .*\[excludes-from-url\]',
    ),
}


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no engine: what exits with 2 has not looked for one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PIPELINE_DSL_SETTINGS", os.devnull)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_anywhere_in_the_file_is_refused_before_an_engine_is_asked(
    make_project: MakeProject, capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    """Also where only the other pipeline of the file is to run."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    root = make_project(GOOD + lines)
    assert main(["-C", str(root), "run", "good"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.search(expected, told.err, re.DOTALL), told.err


@pytest.mark.usefixtures("nowhere")
def test_an_unknown_pipeline_is_refused_with_a_suggestion(
    make_project: MakeProject, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_project(f"{GOOD}bad.stage('a', build=box)")
    assert main(["-C", str(root), "run", "god"]) == 2
    assert 'Did you mean "good"?' in capsys.readouterr().err
