"""Limits of what a stage's container may take, and what runs beside it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.told import printed, said, states

if TYPE_CHECKING:
    from tests.acceptance.pipelines.leftovers import Leftovers
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

BOX = """
box = Variant("box", base=BASE)
ci = Pipeline("ci")
"""


@pytest.mark.parametrize(
    ("argument", "setting", "named"),
    [
        (", timeout=1", [], "Run(timeout=…)"),
        ("", ["--set", "timeouts.run=1"], "the setting timeouts.run"),
    ],
    ids=["the author", "the operator"],
)
def test_a_container_that_takes_longer_than_it_may_is_ended(  # noqa: PLR0913, PLR0917 -- fixtures and parameters
    cli: CommandLine,
    make_project: MakeProject,
    leftovers: Leftovers,
    argument: str,
    setting: list[str],
    named: str,
) -> None:
    root = make_project(f'{BOX}ci.stage("slow", build=box, run=Run(command=["sleep", "300"]{argument}))')
    start = time.monotonic()
    told = cli(root, "run", *setting)
    assert time.monotonic() - start < 100
    assert told.code == 1
    assert re.search(rf"pipeline.py:4: .*took longer than .*{re.escape(named)}.*\[timed-out\]", told.stdout)
    assert leftovers.of(root.name) == []


def test_a_build_that_takes_longer_than_it_may_is_ended(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers
) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, builder=Builder(command="sleep 300"))
        Pipeline("ci").stage("slow", build=box)
        """
    )
    told = cli(root, "run", "--set", "timeouts.build=2")
    assert told.code == 1
    assert re.search(r"took longer than .*timeouts\.build", told.stdout), told.stdout
    assert leftovers.of(root.name) == []


def test_a_program_that_fails_is_run_again_only_as_often_as_is_asked_for(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(
        BOX
        + """
ci.stage("never", build=box, run=["sh", "-c", "echo '<tried>'; exit 3"])
ci.stage("twice", build=box, run=Run(command=["sh", "-c", "echo '<tried>'; exit 3"], retries=2))
"""
    )
    told = cli(root, "run", "--keep-going")
    assert told.code == 1
    assert said(told, "never") == ["tried"]
    assert said(told, "twice") == ["tried"] * 3
    assert "Exit code 3; trying again, 2 of 2 times." in printed(told, "twice")


def test_a_container_sees_its_limits(cli: CommandLine, make_project: MakeProject) -> None:
    show = (
        "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max 2>/dev/null"
        " || cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us"
    )
    root = make_project(
        f'{BOX}ci.stage("small", build=box, run=Run(command=["sh", "-c", "{show}"], memory="64m", cpus=0.5))'
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout
    memory, cpus = printed(told, "small")[-2:]
    assert memory == str(64 * 1024 * 1024)
    assert cpus.split()[0] == "50000"


SERVICES = """
database = Variant("database", base=BASE, copies=["local"])
ready = "sleep 0.5; echo up; touch /tmp/ready; sleep 300"
services = [
    Service("db", image=database, command=["sh", "-c", ready], health=["test", "-e", "/tmp/ready"]),
    Service("cache", image=BASE, command=["sleep", "300"], environment={"X": "y"}),
]
ci.stage(
    "test",
    build=box,
    run=Run(command=["sh", "-c", "getent hosts db cache | sed 's/.* /</; s/$/>/'; EXIT"], services=services),
)
"""


@pytest.mark.parametrize("words", [[], ["--set", "timeouts.service=0"]], ids=["in time", "without a limit"])
def test_services_are_ready_and_known_by_name_before_a_container_starts(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers, words: list[str]
) -> None:
    root = make_project(BOX + SERVICES.replace("EXIT", "true"), {"schema": ""})
    told = cli(root, "run", *words)
    assert told.code == 0, told.stdout
    assert said(told, "test") == ["db", "cache"]
    lines = printed(told, "test")
    ready = [number for number, line in enumerate(lines) if re.match(r"(db|cache) is ready after", line)]
    assert len(ready) == 2
    assert max(ready) < lines.index("<db>")
    assert leftovers.of(root.name) == []


def test_after_a_failure_it_is_shown_what_services_have_printed(
    cli: CommandLine, make_project: MakeProject
) -> None:
    told = cli(make_project(BOX + SERVICES.replace("EXIT", "exit 7"), {"schema": ""}), "run")
    assert told.code == 1
    assert "db | up" in printed(told, "test")


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ('command=["sleep", "300"], health=["false"], timeout=1', r"was not ready .*\[service-not-ready\]"),
        ('command=["sh", "-c", "exit 4"], health=["true"]', r"ended with exit code 4 .*\[service-ended\]"),
    ],
    ids=["never ready", "ended"],
)
def test_a_service_that_does_not_come_up_fails_the_stage(
    cli: CommandLine, make_project: MakeProject, leftovers: Leftovers, service: str, expected: str
) -> None:
    root = make_project(
        f'{BOX}ci.stage("test", build=box,'
        f' run=Run(command=["true"], services=[Service("db", image=box, {service})]))'
    )
    told = cli(root, "run")
    assert told.code == 1
    assert states(told) == {"test": "failed"}
    assert re.search(rf'pipeline.py:4: service "db" {expected}', told.stdout, re.DOTALL), told.stdout
    assert leftovers.of(root.name) == []
