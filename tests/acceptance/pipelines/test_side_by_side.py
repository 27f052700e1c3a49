"""Runs of one project at the same time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SERVICE = """
box = Variant("box", base=BASE, copies=["local"])
ci = Pipeline("ci")
command = "hostname > /tmp/name; cat greeting; trap 'exit 0' USR1; echo st''arted; sleep 100 & wait"
name = Artifact("/tmp/name", destination="copied")
first = ci.stage("first", build=box, run=["sh", "-c", command], copy=[name])
stacked = Variant("stacked", base=first.image, copies=["local"])
ci.stage(
    "second",
    build=stacked,
    run=Run(
        command=["sh", "-c", "getent hosts db >&2; test -s copied; cat greeting"],
        services=[Service("db", image=box, command=["sleep", "300"])],
    ),
)
"""


def test_two_runs_of_a_project_do_not_disturb_each_other(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    """Each sees its own files from beginning to end, and neither removes what is the other's."""
    one = make_project(SERVICE, {"greeting": "hello from one\n"})
    two = one.parent / "other" / one.name
    shutil.copytree(one, two)
    (two / "greeting").write_text("hello from two\n")
    with cli.start(one, "run") as first, cli.start(two, "run") as second:
        told_by_first, told_by_second = until_started(first), until_started(second)
        containers = leftovers.containers(one.name)
        assert len(containers) == 2
        release(leftovers, containers, "two", told_by_second)
        assert second.stdout is not None
        told_by_second += second.stdout.read()
        assert second.wait() == 0, told_by_second
        still_there = leftovers.containers(one.name)
        assert len(still_there) == 1
        release(leftovers, still_there, "one", told_by_first)
        assert first.stdout is not None
        told_by_first += first.stdout.read()
    assert first.returncode == 0, told_by_first
    assert told_by_first.count("│ hello from one\n") == 2
    assert told_by_second.count("│ hello from two\n") == 2
    assert "from two" not in told_by_first
    assert "from one" not in told_by_second
    assert leftovers.of(one.name) == []


def until_started(command: subprocess.Popen[str]) -> str:
    """Read until the first container has said that it has started."""
    assert command.stdout is not None
    lines: list[str] = []
    for line in command.stdout:
        lines.append(line)
        if line.endswith("│ started\n"):
            return "".join(lines)
    pytest.fail(f"It did not start:\n{''.join(lines)}")


def release(leftovers: Leftovers, containers: list[str], word: str, told: str) -> None:
    """Let the container go on that has said a word."""
    assert word in told
    (container,) = (one for one in containers if word in leftovers.docker.api.logs(one).decode())
    leftovers.docker.api.kill(container, "USR1")
