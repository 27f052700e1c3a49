"""What a run leaves behind, however it ends: nothing; at the latest the next run sees to that."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

EVERYTHING = """
box = Variant("box", base=BASE, copies=["local"])
ci = Pipeline("ci")
command = "mkdir /tmp/out; echo x > /tmp/out/x; chmod 555 /tmp/out"
first = ci.stage(
    "first", build=box, run=["sh", "-c", command], copy=[Artifact("/tmp/out", destination="out")]
)
on_top = Variant("on-top", base=first.image, copies=["local"])
stacked = ci.stage("stacked", build=on_top, run=["test", "-e", "out/x"])
waiting = ci.stage(
    "waiting",
    build=box,
    run=Run(
        command=["sh", "-c", "test -e out/x; trap exit TERM; echo st''arted; COMMAND"],
        services=[Service("db", image=box, command=["sleep", "300"])],
    ),
    copy=["/tmp"],
    after=[stacked],
)
"""
FILES = {"a/b": "text"}


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("false", 1)], ids=["a success", "a failure"])
def test_nothing_is_left_behind_by(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers, command: str, code: int
) -> None:
    root = make_project(EVERYTHING.replace("COMMAND", command), FILES)
    told = cli(root, "run")
    assert told.code == code, told.stdout
    assert leftovers.of(root.name) == []
    assert files(root) == [".pipeline/pipeline.py", "a/b"]


def test_nothing_is_left_behind_by_an_interrupted_run(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(EVERYTHING.replace("COMMAND", "sleep 300 & wait"), FILES)
    with cli.start(root, "run") as command:
        await_container(command)
        assert leftovers.networks(root.name)
        command.send_signal(signal.SIGINT)
        assert command.stdout is not None
        command.stdout.read()
    assert command.returncode == 130
    assert leftovers.of(root.name) == []


def test_the_next_run_removes_what_a_killed_one_has_left_behind(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(EVERYTHING.replace("COMMAND", "sleep 300 & wait"), FILES)
    with cli.start(root, "run") as command:
        await_container(command)
        command.kill()
    assert len(leftovers.containers(root.name)) == 3  # that of the first stage is kept for its files
    assert leftovers.networks(root.name)
    assert leftovers.tags(root.name)
    assert leftovers.files
    other = make_project('Pipeline("ci").stage("any", build=Variant("box", base=BASE), run=["true"])')
    assert cli(other, "run").code == 0
    assert leftovers.of(root.name) == []


def test_nothing_is_left_behind_when_the_reader_of_the_report_leaves(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(EVERYTHING.replace("COMMAND", "yes | head -n 100000; sleep 300 & wait"), FILES)
    with cli.start(root, "run") as command:
        await_container(command)
        assert command.stdout is not None
        command.stdout.close()
    assert command.returncode == 1
    assert leftovers.of(root.name) == []


def test_a_run_that_ends_before_it_begins_leaves_nothing_behind(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(EVERYTHING.replace("${", "${nowhere"), FILES)
    assert cli(root, "run", "nothing").code == 2
    assert leftovers.of(root.name) == []


def await_container(command: subprocess.Popen[str]) -> None:
    """Read until the container that waits has said that it has started."""
    assert command.stdout is not None
    if not any(line.startswith("waiting") and line.endswith("│ started\n") for line in command.stdout):
        pytest.fail("It did not start.")


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
