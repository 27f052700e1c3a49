"""The command line as a whole: how it is called, how it complains, what it costs."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import __version__

if TYPE_CHECKING:
    from tests.conftest import CommandLine, MakeProject

HEAVY = ("docker", "google.protobuf", "pydantic", "requests", "rich", "yaml")
"""What takes time to import and is not needed to say who one is."""

BOX = 'Variant("box", base=BASE)\n'


def modules_after(*statements: str) -> set[str]:
    """Give the names of all modules that are loaded once statements have run in a fresh Python."""
    code = "\n".join(["import sys", *statements, "print(*sys.modules, file=sys.__stderr__)"])
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stderr.split()
    )


def test_the_version_is_told(cli: CommandLine, tmp_path: Path) -> None:
    told = cli(tmp_path, "--version")
    assert (told.code, told.stdout) == (0, f"pipeline_dsl {__version__}\n")


@pytest.mark.parametrize(
    "statements",
    [
        ["import pipeline_dsl.cli.main"],
        ["from pipeline_dsl.cli.main import main", "try: main(['--version'])", "except SystemExit: pass"],
        ["from pipeline_dsl.cli.main import main", "try: main(['--help'])", "except SystemExit: pass"],
    ],
    ids=["import", "--version", "--help"],
)
def test_nothing_heavy_is_loaded_before_there_is_a_command(statements: list[str]) -> None:
    assert modules_after(*statements).isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["plan", "graph", "dockerfile", "spec", "check"])
def test_a_command_that_needs_no_engine_loads_nothing_for_one(
    make_project: MakeProject, command: str
) -> None:
    root = make_project(BOX + 'Pipeline("ci").stage("unit", build=Variant("bin", base=BASE))')
    words = [command, "-C", str(root), *(["box"] if command == "dockerfile" else [])]
    loaded = modules_after("from pipeline_dsl.cli.main import main", f"assert main({words}) == 0")
    assert loaded.isdisjoint({"docker", "requests"})


def test_the_version_takes_little_of_the_time_that_the_engines_libraries_take_to_load() -> None:
    def fastest(*words: str) -> float:
        return min(_seconds(*words) for _ in range(5))

    assert fastest("-m", "pipeline_dsl", "--version") < 0.4 * fastest("-c", "import docker, rich.live")


def _seconds(*words: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], capture_output=True, check=True)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["biuld"], "invalid choice: 'biuld'"),
        (["build"], "the following arguments are required: VARIANT"),
        (["run", "--jobs", "0"], "'0' is not a number from 1 on"),
        (["run", "--jobs", "many"], "'many' is not a number from 1 on"),
        (["graph", "--format", "png"], "invalid choice: 'png'"),
        (["build", "box", "--tag", "Bad Tag"], "'Bad Tag' is not NAME[:TAG], the name in lower case"),
        (["build", "box", "--tag", f"a@sha256:{'0' * 64}"], "is not NAME[:TAG]"),
    ],
)
def test_a_command_line_that_is_wrong_is_explained(
    cli: CommandLine, make_project: MakeProject, words: list[str], complaint: str
) -> None:
    told = cli(make_project(BOX), *words)
    assert told.code == 2
    assert complaint in told.stderr
    assert told.stdout == ""


@pytest.mark.parametrize(("more", "code"), [("", 0), ("raise ValueError\n", 2)])
def test_what_is_to_be_done_at_the_end_is_done(
    cli: CommandLine, make_project: MakeProject, more: str, code: int
) -> None:
    """Although the process does not clear up after itself."""
    root = make_project(f"import atexit\n{BOX}atexit.register(print, 'registered', end='')\n{more}")
    told = cli(root, "check")
    assert told.code == code
    assert told.stdout.endswith("registered")


@pytest.mark.parametrize("command", ["run", "build", "plan", "graph", "dockerfile", "spec", "check"])
def test_each_command_has_help(cli: CommandLine, tmp_path: Path, command: str) -> None:
    told = cli(tmp_path, command, "--help")
    assert told.code == 0
    assert f"usage: pipeline-dsl {command}" in told.stdout


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("option", ["-C", "-f", "upwards"])
def test_a_project_is_named_before_or_after_the_command_or_found_upwards(
    cli: CommandLine, make_project: MakeProject, tmp_path: Path, option: str, where: str
) -> None:
    root = make_project(BOX, {"src/deep/app.js": ""})
    named: dict[str, list[str | Path]] = {
        "-C": ["-C", root],
        "-f": ["-f", root / ".pipeline" / "pipeline.py"],
        "upwards": ["-C", root / "src" / "deep"],
    }
    options = named[option]
    words = [*options, "check"] if where == "before" else ["check", *options]
    told = cli(tmp_path, *words)
    assert (told.code, told.stdout) == (
        0,
        f"{root.name}: nothing wrong in 1 variant, 0 pipelines, 0 stages\n",
    )


def test_the_project_of_the_current_directory_is_found_upwards(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(BOX, {"src/app.js": ""})
    assert cli(root / "src", "check").stdout.startswith(f"{root.name}: ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["check"], "error: There is no .pipeline/pipeline.py in "),
        (["check", "-C", "nowhere"], "error: There is no directory nowhere. [no-directory]"),
        (["check", "-f", "nothing.py"], "error: There is no file nothing.py. [no-pipeline-file]"),
    ],
)
def test_a_project_that_is_not_there_is_said_to_be_missing(
    cli: CommandLine, tmp_path: Path, words: list[str], complaint: str
) -> None:
    told = cli(tmp_path, *words)
    assert told.code == 2
    assert told.stderr.startswith(complaint)
    assert told.stderr.count("\n") == 1


def test_what_is_wrong_in_the_file_is_told_with_its_line_and_without_our_traceback(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project("box = Variant('box', base=BASE)\n1 / 0\n"), "check")
    assert told.code == 2
    assert told.stdout == ""
    assert told.stderr.startswith("error: .pipeline/pipeline.py:3: ZeroDivisionError: division by zero. ")
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("words", [["--traceback", "check"], ["check", "--traceback"]])
def test_a_traceback_shows_how_an_error_came_about(
    cli: CommandLine, make_project: MakeProject, words: list[str]
) -> None:
    told = cli(make_project("1 / 0\n"), *words)
    assert told.code == 2
    assert told.stderr.startswith("Traceback (most recent call last):")
    assert '.pipeline/pipeline.py", line 2, in <module>' in told.stderr
    assert "\nerror: .pipeline/pipeline.py:2: " in told.stderr


def test_what_the_file_prints_goes_to_standard_error(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(f"{BOX}print('Evaluated.')")
    told = cli(root, "spec")
    assert "Evaluated." in told.stderr
    assert told.stdout.startswith("{")


@pytest.mark.parametrize("words", [["spec"], ["check"], ["check", "--help"], ["--version"]])
def test_a_reader_that_has_gone_is_no_reason_to_complain(
    cli: CommandLine, make_project: MakeProject, words: list[str]
) -> None:
    command = subprocess.Popen(
        cli.argv(*words),
        cwd=make_project(BOX),
        env={**cli.env, "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        assert command.stderr.read() == b""


def test_the_command_is_installed_under_its_own_name(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("pipeline-dsl")
    told = subprocess.run([command, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == f"pipeline_dsl {__version__}\n"
