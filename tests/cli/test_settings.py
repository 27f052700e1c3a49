"""The command settings: what holds on this machine, and who says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

    class Machine(Protocol):
        """The command line of a machine with a settings file, and these variables."""

        def __call__(self, **environment: str) -> CommandLine: ...


FILE = """
policies = ["no-root"]
[registry]
push = "registry.example:5000"
credential = "PUSH"
[credentials]
PUSH = { environment = "PUSH_PASSWORD", username = "ci" }
SONAR = { command = ["pass", "show", "sonar"] }
[triggers.deploy]
url = "https://ci.example/job?token=hunter2"
headers = { Authorization = "Bearer hunter2" }
[proxies]
http = "http://me:hunter2@proxy.example:8080"
"""


@pytest.fixture
def machine(cli: CommandLine, tmp_path: Path) -> Machine:
    file = tmp_path / "user" / "pipeline-dsl" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text(FILE)

    def make(**environment: str) -> CommandLine:
        directories = {"XDG_CONFIG_DIRS": f"{tmp_path}/system", "XDG_CONFIG_HOME": f"{tmp_path}/user"}
        directories["PIPELINE_DSL_SETTINGS"] = ""
        return type(cli)({**directories, "PUSH_PASSWORD": "hunter2", **environment})

    return make


def test_each_setting_is_printed_with_its_origin(machine: Machine, tmp_path: Path) -> None:
    run = machine(PIPELINE_DSL_TIMEOUTS_BUILD="900")
    told = run(tmp_path, "settings", "--set", "timeouts.run=60", "--set", "steps.pipelines.look=[]")
    assert (told.code, told.stderr) == (0, "")
    lines = {line.split()[0]: line for line in told.stdout.splitlines()}
    assert lines["timeouts.run"].split() == ["timeouts.run", "the", "flag", "timeouts.run", "60"]
    file = str(tmp_path / "user" / "pipeline-dsl" / "settings.toml")
    assert lines["registry.push"].split()[1:] == [file, '"registry.example:5000"']
    assert lines["registry.public"].split()[1:] == ["default", '"registry.example:5000"']
    assert lines["timeouts.service"].split()[1:] == ["default", "60"]
    variable = "the environment variable PIPELINE_DSL_TIMEOUTS_BUILD"
    assert lines["timeouts.build"].split() == ["timeouts.build", *variable.split(), "900"]
    assert lines["steps.pipelines.look"].split()[-1] == "[]"


def test_values_stand_below_one_another(machine: Machine, tmp_path: Path) -> None:
    told = machine()(tmp_path, "settings")
    rows = told.stdout.splitlines()
    column = rows[0].index('"registry.example:5000"')
    assert all(row[column - 2 : column] == "  " and row[column] != " " for row in rows)


def test_nothing_secret_is_printed(machine: Machine, tmp_path: Path) -> None:
    for words in (["settings"], ["settings", "--json"]):
        told = machine()(tmp_path, *words)
        assert told.code == 0
        assert "hunter2" not in told.stdout
        assert "proxy.example:8080" in told.stdout


def test_json_has_values_and_origins(machine: Machine, tmp_path: Path) -> None:
    told = json.loads(machine(PIPELINE_DSL_PULL="never")(tmp_path, "settings", "--json").stdout)
    file = str(tmp_path / "user" / "pipeline-dsl" / "settings.toml")
    assert told["pull"] == {"value": "never", "origin": "the environment variable PIPELINE_DSL_PULL"}
    assert told["policies"] == {"value": ["no-root"], "origin": file}
    assert told["credentials.PUSH"]["value"] == {
        "environment": "PUSH_PASSWORD",
        "username": "ci",
        "kind": "username-password",
    }
    assert told["triggers.deploy"]["value"] == {
        "url": "https://ci.example/job?***",
        "headers": "***",
    }
    assert told["steps.default"]["value"] is None


def test_mistakes_end_it(machine: Machine, tmp_path: Path) -> None:
    told = machine(PIPELINE_DSL_PUL="never")(tmp_path, "settings", "--set", "x=1")
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [
        (
            "error: the environment variable PIPELINE_DSL_PUL is no setting."
            ' Did you mean "PIPELINE_DSL_PULL"? [unknown-setting]'
        ),
        "error: the flag x is no setting. The command settings lists all that there are. [unknown-setting]",
    ]


def test_a_flag_has_a_name_and_a_value(machine: Machine, tmp_path: Path) -> None:
    told = machine()(tmp_path, "settings", "--set", "pull")
    assert told.code == 2
    assert "argument --set: 'pull' is not NAME=VALUE" in told.stderr


def test_it_needs_no_project(machine: Machine, tmp_path: Path) -> None:
    assert not (tmp_path / ".pipeline").exists()
    assert machine()(tmp_path, "settings").code == 0
