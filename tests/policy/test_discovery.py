"""Finding policies: in files, by name, and among those that installed packages offer."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError, PipelineError, UsageError
from pipeline_dsl.model import Project, Variant
from pipeline_dsl.policy import Policy, Violation, load_policies
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pathlib import Path

RESOLVED = resolve(Project("p", variants=[Variant("own", base="foo")]))

TWO = """
    from __future__ import annotations

    import dataclasses

    from pipeline_dsl.policy import Resolved, Violation, policy


    @dataclasses.dataclass(frozen=True)
    class Rule:
        text: str


    @policy
    def second_by_name(project: Resolved) -> list[Violation]:
        return [Violation("own", "base", Rule("first").text)]


    def helper(project: Resolved) -> list[Violation]:
        return [Violation("own", "base", "no policy")]


    @policy
    def first_by_name(project: Resolved) -> list[Violation]:
        return [Violation("own", "base", "second")]


    again = second_by_name
"""


def refusal(*specifications: str) -> tuple[type[PipelineError], list[str]]:
    with pytest.raises(PipelineError) as refused:
        load_policies(specifications)
    return type(refused.value), [str(problem) for problem in refused.value.problems]


def messages(policies: tuple[Policy, ...]) -> list[str]:
    return [violation.message for policy in policies for violation in policy(RESOLVED)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the test, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")


def test_a_file_gives_the_functions_that_it_declares_in_their_order(here: Path) -> None:
    write(here / "two.py", TWO)
    assert messages(load_policies(["two.py"])) == ["first", "second"]


def test_a_file_is_evaluated_afresh_each_time_and_leaves_nothing_behind(here: Path) -> None:
    write(here / "two.py", TWO)
    load_policies(["two.py"])
    write(here / "two.py", TWO.replace('"first"', '"changed"'))
    assert messages(load_policies(["two.py"])) == ["changed", "second"]
    assert [file.name for file in here.iterdir()] == ["two.py"]
    assert "two" not in sys.modules


def test_several_policies_come_in_the_order_in_which_they_are_named(here: Path) -> None:
    write(here / "two.py", TWO)
    write(here / "rules.yaml", "enforcements: [{path: base, rule: ne=foo}]")
    found = messages(load_policies(["rules.yaml", "two.py"]))
    assert found == ['"foo" breaks the rule "ne=foo" of rules.yaml:1:35.', "first", "second"]


def test_a_file_that_declares_nothing_is_refused(here: Path) -> None:
    write(here / "none.py", "def policy(project): return []")
    hint = "Write @policy, from pipeline_dsl.policy, above each function that is one."
    assert refusal("none.py") == (
        DefinitionError,
        [f"none.py:1: this file declares no policy. {hint} [no-policy]"],
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "x = 1\n1 / 0",
            "bad.py:2: bad.py fails: ZeroDivisionError: division by zero. [policy-failed]\n    1 / 0",
        ),
        ("x = 1\nexit()", "bad.py:2: bad.py fails: SystemExit: None. [policy-failed]\n    exit()"),
        ("x = 1\nx = = 2", "bad.py:2:5: invalid syntax. [syntax-error]"),
        ("x = '\0'", "bad.py:1: bad.py fails: SyntaxError: source code string cannot contain null bytes."),
    ],
)
def test_a_file_that_cannot_be_evaluated_is_refused_with_its_line(
    here: Path, text: str, complaint: str
) -> None:
    write(here / "bad.py", text)
    kind, (problem,) = refusal("bad.py")
    assert kind is DefinitionError
    assert problem.startswith(complaint)


def test_what_a_file_prints_stays_off_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "two.py", f"{TWO}\n    print('Evaluated.')\n")
    load_policies(["two.py"])
    assert capsys.readouterr() == ("", "Evaluated.\n")


@pytest.mark.parametrize("name", ["lost.py", "lost.yaml", "lost.yml", "lost.json"])
def test_a_file_that_is_not_there_is_said_to_be_missing(here: Path, name: str) -> None:  # noqa: ARG001
    complaint = f"The policy {name} cannot be read: No such file or directory. [policy-unreadable]"
    assert refusal(name) == (UsageError, [complaint])


def test_an_address_is_no_file(here: Path) -> None:  # noqa: ARG001
    _, (problem,) = refusal("https://example.org/policy.yaml")
    assert problem.endswith(" A policy is a file: download it first. [policy-unreadable]")


@pytest.mark.parametrize("name", ["bad.py", "bad.yaml"])
def test_a_file_that_is_not_text_is_refused(here: Path, name: str) -> None:
    (here / name).write_bytes(b"# \xff")
    complaint = f"{name}:1: this is not UTF-8: invalid start byte at byte 2. [policy-unreadable]"
    assert refusal(name) == (DefinitionError, [complaint])


def test_a_name_that_nobody_knows_is_refused_with_the_nearest_one() -> None:
    kind, (problem,) = refusal("registrys=foo")
    assert kind is UsageError
    assert problem.startswith('There is no policy "registrys=foo". Did you mean "registries"? ')


def test_a_name_that_is_near_to_none_is_refused_with_all_of_them() -> None:
    _, (problem,) = refusal("policies/house")
    assert "There are: no-root, pinned, registries, secure." in problem


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Packages that can be imported, with entry points: what pip leaves of them."""
    packages = tmp_path / "packages"
    points = {
        "house": "first = house_rules:first\nall = house_rules\nodd = house_rules:ODD",
        "guest": "twice = house_rules:first",
        "other": "twice = house_rules:second",
        "fault": "fault = fault_rules:policy\nlost = house_rules:nobody\nempty = textwrap",
        "greedy": "pinned = house_rules:first",
    }
    for name, lines in points.items():
        metadata = packages / f"{name}-1.0.dist-info"
        write(metadata / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        write(metadata / "entry_points.txt", f"[pipeline_dsl.policies]\n{lines}\n")
    rules = TWO.replace("second_by_name", "first").replace("first_by_name", "second")
    write(packages / "house_rules.py", f"{rules}\n    ODD = 3\n")
    write(packages / "fault_rules.py", "x = 1\nraise OSError('no disk')\n")
    monkeypatch.syspath_prepend(packages)
    for name in ("house_rules", "fault_rules"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return packages


@pytest.mark.usefixtures("install")
def test_an_installed_policy_holds_when_it_is_named_and_not_before() -> None:
    assert load_policies([]) == ()
    assert messages(load_policies(["first"])) == ["first"]


@pytest.mark.usefixtures("install")
def test_an_installed_module_gives_all_that_it_declares() -> None:
    assert messages(load_policies(["all"])) == ["first", "second"]


@pytest.mark.usefixtures("install")
def test_a_standard_policy_cannot_be_replaced_by_an_installed_one() -> None:
    assert messages(load_policies(["pinned=apt"])) == []


@pytest.mark.usefixtures("install")
def test_installed_policies_are_suggested() -> None:
    _, (problem,) = refusal("frist")
    assert 'Did you mean "first"?' in problem


@pytest.mark.usefixtures("install")
def test_a_name_of_two_packages_is_refused() -> None:
    kind, (problem,) = refusal("twice")
    assert kind is UsageError
    assert "house_rules:first" in problem
    assert "house_rules:second" in problem
    assert problem.endswith("[ambiguous-policy]")


@pytest.mark.usefixtures("install")
@pytest.mark.parametrize(
    ("name", "value"), [("odd", "house_rules:ODD"), ("empty", "textwrap")], ids=["odd", "empty"]
)
def test_an_entry_point_that_leads_to_no_policy_is_refused(name: str, value: str) -> None:
    message = f'policy "{name}": {value} is neither a policy nor a module that declares some. [no-policy]'
    assert refusal(name) == (DefinitionError, [message])


def test_an_installed_policy_that_cannot_be_imported_is_named_with_its_line(install: Path) -> None:
    _, (problem,) = refusal("fault")
    place = install / "fault_rules.py"
    assert problem.startswith(f'{place}:2: policy "fault" fails: OSError: no disk. [policy-failed]')


@pytest.mark.usefixtures("install")
def test_an_entry_point_that_leads_nowhere_is_refused() -> None:
    _, (problem,) = refusal("lost")
    assert problem.startswith('policy "lost" fails: AttributeError: ')


def test_python_policies_need_no_yaml_and_files_of_rules_say_that_they_do(here: Path) -> None:
    write(here / "two.py", TWO)
    write(here / "rules.yaml", "enforcements: []")
    program = """
        import sys

        sys.modules["yaml"] = None
        from pipeline_dsl.policy import load_policies

        print(len(load_policies(["two.py", "no-root"])))
        load_policies(["rules.yaml"])
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "3\n"
    assert "UsageError: The policy rules.yaml needs PyYAML, which is not installed." in ran.stderr


def test_the_decorator_leaves_a_function_as_it_is() -> None:
    from pipeline_dsl.policy import Resolved, policy  # noqa: PLC0415 -- what an author writes

    def own(_: Resolved) -> list[Violation]:
        return []

    assert policy(own) is own
