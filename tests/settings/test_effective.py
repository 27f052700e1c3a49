"""Settings come from defaults, files, the environment and flags: the strongest holds, and says so."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import UsageError
from pipeline_dsl.settings import Settings
from pipeline_dsl.settings.names import NAMES, dotted

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.settings import Effective
    from tests.settings.conftest import Machine


def origin(effective: Effective, name: str) -> str:
    return next(value.origin for value in effective.values if value.name == name)


def test_without_any_source_the_defaults_hold(machine: Machine) -> None:
    effective = machine.read()
    assert effective.settings == Settings()
    assert {value.origin for value in effective.values} == {"default"}
    assert [value.name for value in effective.values] == [dotted(path) for path in NAMES]


def test_each_source_is_stronger_than_those_before_it(machine: Machine) -> None:
    timeouts = "[timeouts]\nrun = {0}\nbuild = {0}\npull = {0}\npush = {0}\n"
    machine.says(timeouts.format(1), "[timeouts]\nbuild = 2\npull = 2\npush = 2\n")
    effective = machine.read(
        {"PIPELINE_DSL_TIMEOUTS_PULL": "3", "PIPELINE_DSL_TIMEOUTS_PUSH": "3"}, {"timeouts.push": "4"}
    )
    timeouts_found = effective.settings.timeouts
    assert (timeouts_found.run, timeouts_found.build) == (1, 2)
    assert (timeouts_found.pull, timeouts_found.push) == (3, 4)
    assert timeouts_found.service == 60
    assert origin(effective, "timeouts.run") == str(machine.system)
    assert origin(effective, "timeouts.build") == str(machine.user)
    assert origin(effective, "timeouts.pull") == "the environment variable PIPELINE_DSL_TIMEOUTS_PULL"
    assert origin(effective, "timeouts.push") == "the flag timeouts.push"
    assert origin(effective, "timeouts.service") == "default"


def test_entries_of_a_table_are_replaced_one_by_one(machine: Machine) -> None:
    machine.says(
        """
        [credentials]
        A = {environment = "A", kind = "string"}
        B = {environment = "B"}
        """,
        '[credentials]\nA = {file = "/a"}\n',
    )
    effective = machine.read({"PIPELINE_DSL_CREDENTIALS": '{"C": {"environment": "C"}}'})
    credentials = effective.settings.credentials
    assert {name: (one.environment, one.file) for name, one in credentials.items()} == {
        "A": ("", "/a"),
        "B": ("B", ""),
        "C": ("C", ""),
    }
    assert origin(effective, "credentials.A") == str(machine.user)
    assert origin(effective, "credentials.B") == str(machine.system)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("registry.push", "localhost:5000", "localhost:5000"),
        ("registry.overwrite", "true", True),
        ("policies", '["no-root"]', ("no-root",)),
        ("policies", "['no-root', ]", ("no-root",)),
        ("steps.default", "[]", ()),
        ("pull", "never", "never"),
        ("notify.sender", "", ""),
    ],
)
def test_a_variable_or_a_flag_holds_text_json_or_toml(
    machine: Machine, name: str, text: str, expected: object
) -> None:
    variable = "PIPELINE_DSL_" + name.upper().replace(".", "_")
    for effective in (machine.read({variable: text}), machine.read({}, {name: text})):
        assert next(value.value for value in effective.values if value.name == name) == expected


def test_a_flag_sets_an_entry_of_a_table_or_several(machine: Machine) -> None:
    both = machine.read(
        {},
        {"steps.zuul": '{post = ["publish"]}', "steps.zuul.gate-*": ["run"], "steps.default": ()},
    )
    assert dict(both.settings.steps.zuul) == {"post": ("publish",), "gate-*": ("run",)}


def test_every_setting_has_a_variable_of_its_own() -> None:
    variables = [name.variable for name in NAMES.values()]
    assert len(variables) == len({*variables})
    assert "PIPELINE_DSL_REGISTRY_ANY_NAME" in variables


def test_images_are_known_under_the_registry_that_they_are_pushed_to(machine: Machine) -> None:
    assert machine.settings('registry.push = "a.example"').registry.public == "a.example"
    public = machine.settings('registry = {push = "a.example", public = "b.example"}').registry.public
    assert public == "b.example"


def test_another_user_s_file_can_be_named_and_has_to_be_there(machine: Machine, tmp_path: Path) -> None:
    machine.says(user='pull = "always"')
    other = tmp_path / "other.toml"
    other.write_text('pull = "never"')
    assert machine.read({"PIPELINE_DSL_SETTINGS": str(other)}).settings.pull == "never"
    assert machine.read({"PIPELINE_DSL_SETTINGS": ""}).settings.pull == "always"
    with pytest.raises(
        UsageError, match=r"missing.toml cannot be read: No such file .* \[settings-unreadable\]"
    ):
        machine.read({"PIPELINE_DSL_SETTINGS": str(tmp_path / "missing.toml")})


def test_no_variable_hides_the_system_s_file(machine: Machine) -> None:
    machine.fixed.parent.mkdir(parents=True)
    machine.fixed.write_text('pull = "never"\nlocked = ["pull"]')
    machine.says(system='pull = "always"')
    with pytest.raises(UsageError, match=r"system/.*: pull cannot be set here\. It is locked by .*/fixed/"):
        machine.read()


def test_settings_can_be_locked(machine: Machine) -> None:
    machine.says(
        """
        locked = ["steps", "credentials", "registry.*", "timeouts.run"]
        [steps]
        default = ["run"]
        """,
        """
        timeouts = {run = 0, build = 9}
        [credentials]
        A = {environment = "A"}
        """,
    )
    with pytest.raises(UsageError) as refused:
        machine.read({"PIPELINE_DSL_STEPS_DEFAULT": "[]"}, {"registry.push": "a.example"})
    assert [(problem.code, problem.message) for problem in refused.value.problems] == [
        ("locked-setting", f"{machine.user}: timeouts.run cannot be set here."),
        ("locked-setting", f"{machine.user}: credentials.A cannot be set here."),
        (
            "locked-setting",
            "the environment variable PIPELINE_DSL_STEPS_DEFAULT: steps.default cannot be set here.",
        ),
        ("locked-setting", "the flag registry.push: registry.push cannot be set here."),
    ]
    assert {problem.hint for problem in refused.value.problems} == {f"It is locked by {machine.system}."}


def test_what_is_not_locked_can_be_set_and_what_is_locked_holds(machine: Machine) -> None:
    settings = machine.settings('locked = ["pull"]\npull = "never"', "timeouts.run = 1")
    assert (settings.pull, settings.timeouts.run, settings.locked) == ("never", 1, ("pull",))


def test_everything_can_be_locked(machine: Machine) -> None:
    machine.says('locked = ["*"]')
    machine.read()
    for name in set(NAMES.values()) - {NAMES["locked",]}:
        with pytest.raises(UsageError, match=r"cannot be set here\..*\[locked-setting\]"):
            machine.read({}, {".".join(name.path): {"x": {}} if name.is_table else 1})


def test_only_the_system_locks(machine: Machine) -> None:
    machine.says(user='locked = ["pull"]')
    with pytest.raises(UsageError, match="only the system's file can lock"):
        machine.read()


@pytest.mark.parametrize("module", ["pipeline_dsl.settings", "pipeline_dsl.cli.settings"])
def test_the_import_loads_nothing_heavy(module: str) -> None:
    heavy = {"docker", "keyring", "requests", "rich", "yaml", "ahocorasick_rs"}
    program = f"import sys, {module}\nprint(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
