"""What the operator's settings let a pipeline do; it is looked up before anything runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import said, with_variables
from tests.engine.receiver import receiver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine, MakeProject

SERVICE = """
box = Variant("box", base=BASE)
ci = Pipeline("ci")
a = ci.stage("a", build=box, run=["true"])
b = ci.stage("b", build=box, exports={"x": "1"}, after=[a])
"""


@pytest.fixture
def nowhere(cli: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line where there is no engine: what exits with 2 has not looked for one."""
    return with_variables(cli, DOCKER_HOST=f"unix://{tmp_path}/nowhere.sock")


def test_steps_that_are_not_allowed_are_all_named(nowhere: CommandLine, make_project: MakeProject) -> None:
    told = nowhere(make_project(SERVICE), "run", "--set", 'steps.default=["build", "notify"]')
    assert (told.code, told.stdout) == (2, "")
    expected = (
        r'pipeline.py:4: pipeline "ci" may have no step "run" in a run outside Zuul\.'
        r" Allowed are build, notify\..*"
        r'pipeline.py:5: pipeline "ci" may have no step "exports"'
    )
    assert re.search(expected, told.stderr, re.DOTALL), told.stderr


@pytest.mark.parametrize(("zuul_pipeline", "code"), [("gate-and-submit-wmf", 3), ("test", 2)])
def test_a_pipeline_of_zuul_may_allow_more(
    nowhere: CommandLine, make_project: MakeProject, zuul_pipeline: str, code: int
) -> None:
    """Exit code 3 tells that an engine was looked for: everything was allowed."""
    settings = ['steps.default=["build", "run"]', 'steps.zuul={"gate-and-submit*" = ["exports"]}']
    words = [word for setting in settings for word in ("--set", setting)]
    told = with_variables(nowhere, ZUUL_PIPELINE=zuul_pipeline)(make_project(SERVICE), "run", *words)
    assert told.code == code
    assert ("[step-not-allowed]" in told.stderr) == (code == 2)


def test_only_the_steps_of_what_is_to_run_count(nowhere: CommandLine, make_project: MakeProject) -> None:
    told = nowhere(make_project(SERVICE), "run", "--stage", "a", "--set", 'steps.default=["build", "run"]')
    assert told.code == 3


@pytest.mark.parametrize(
    ("wanted", "settings", "expected"),
    [
        (
            'Credential("SONAR")',
            [],
            r'pipeline.py:6: the credential "SONAR" is not allowed here. None is allowed. \[credential-not-a',
        ),
        (
            'Credential("SONAR")',
            ['credentials.SONA={environment="S"}', 'credentials.X={environment="S"}'],
            r'"SONAR" is not allowed here. Did you mean "SONA"\? Allowed are SONA, X\.',
        ),
        (
            'Credential("SONAR")',
            ['credentials.SONAR={environment="UNSET_HERE"}'],
            r'the credential "SONAR" cannot be had: .*UNSET_HERE.*\[credential-unavailable\]',
        ),
    ],
    ids=["none is allowed", "others are allowed", "it is not there"],
)
def test_a_credential_that_cannot_be_had_is_refused(
    nowhere: CommandLine, make_project: MakeProject, wanted: str, settings: list[str], expected: str
) -> None:
    text = f'{SERVICE}ci.stage("c", build=box, run=Run(command=["true"], credentials=[{wanted}]), after=[b])'
    words = [word for setting in settings for word in ("--set", setting)]
    told = nowhere(make_project(text), "run", *words)
    assert (told.code, told.stdout) == (2, "")
    assert re.search(expected, told.stderr), told.stderr


def test_a_job_that_is_not_declared_is_refused(nowhere: CommandLine, make_project: MakeProject) -> None:
    text = f'{SERVICE}ci.stage("c", trigger=Trigger("doc"), after=[b])'
    told = nowhere(make_project(text), "run", "--set", 'triggers.docs={command=["true"]}')
    assert (told.code, told.stdout) == (2, "")
    expected = (
        r'pipeline.py:6: the job "doc" may not be started. Did you mean "docs"\? .*\[trigger-not-allowed\]'
    )
    assert re.search(expected, told.stderr), told.stderr


@pytest.mark.engine
@pytest.mark.usefixtures("base")
def test_a_declared_job_gets_its_parameters(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path
) -> None:
    """A command by its standard input, a server by a call; with --dry-run neither is started."""
    with receiver() as server:
        text = f"""{SERVICE}
values = {{"X": b.exported("x"), "STAGE": "${{.stage}}"}}
c = ci.stage("c", trigger=Trigger("docs", parameters=values, wait=True))
ci.stage("d", trigger=Trigger("call", parameters=values), after=[c])
"""
        command = json.dumps(["sh", "-c", f"cat > {tmp_path}/got; echo '<done>'"])
        settings = [f"triggers.docs={{command={command}}}", f'triggers.call={{url="{server.url}/job"}}']
        words = [word for setting in settings for word in ("--set", setting)]
        root = make_project(text)
        rehearsed = cli(root, "run", "--dry-run", *words)
        assert rehearsed.code == 0, rehearsed.stdout
        assert "would be started" in rehearsed.stdout
        assert not (tmp_path / "got").exists()
        assert server.calls == []
        told = cli(root, "run", *words)
    assert told.code == 0, told.stdout
    assert said(told, "c") == ["done"]
    got = json.loads((tmp_path / "got").read_text())
    assert got == {"name": "docs", "parameters": {"X": "1", "STAGE": "c"}}
    (call,) = server.calls
    assert json.loads(call.body) == {"name": "call", "parameters": {"X": "1", "STAGE": "d"}}


@pytest.mark.engine
@pytest.mark.usefixtures("base")
@pytest.mark.parametrize(("propagate", "code"), [("True", 1), ("False", 0)])
def test_a_job_that_fails_fails_the_stage_if_that_is_wanted(
    cli: CommandLine, make_project: MakeProject, propagate: str, code: int
) -> None:
    root = make_project(
        f'Pipeline("ci").stage("a", trigger=Trigger("job", wait=True, propagate={propagate}))'
    )
    assert cli(root, "run", "--set", 'triggers.job={command=["false"]}').code == code
