"""What Ctrl-C and its like leave behind: nothing."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

import pytest

pexpect = pytest.importorskip("pexpect")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]


class PtyProcess(Protocol):
    """What is used of pexpect's inner side."""

    fileobj: BinaryIO


class Terminal(Protocol):
    """What is used of pexpect.spawn, which has no types."""

    ptyproc: PtyProcess
    logfile_read: TextIO

    def expect(self, pattern: object) -> int: ...

    def sendintr(self) -> None: ...

    def wait(self) -> int: ...

    def isalive(self) -> bool: ...

    def close(self, *, force: bool) -> None: ...


SLEEPERS = """
box = Variant("box", base=BASE)
ci = Pipeline("ci")
nap = ["sh", "-c", "trap exit TERM; echo st''arted; sleep 60 & wait"]
naps = [ci.stage(name, build=box, run=nap) for name in ("one", "two")]
ci.stage("later", build=box, run=["true"], after=naps)
"""


@pytest.fixture
def sleepers(make_project: MakeProject) -> Path:
    return make_project(SLEEPERS)


@pytest.fixture
def containers(docker: SdkDocker) -> Callable[[Path], list[object]]:
    """List the containers of a project, running or not."""

    def of(root: Path) -> list[object]:
        label = f"pipeline-dsl.project={root.name}"
        return list(docker.api.containers(all=True, filters={"label": label}))

    return of


def await_both(lines: Iterator[str]) -> None:
    """Read until both containers have said that they have started."""
    started: set[str] = set()
    for line in lines:
        match = re.match(r"(one|two) +│ started", line)
        if match:
            started.add(match[1])
        if len(started) == 2:
            return
    pytest.fail("They did not start.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda sign: sign.name)
def test_a_signal_ends_the_run_and_its_containers(
    cli: CommandLine, sleepers: Path, containers: Callable[[Path], list[object]], number: signal.Signals
) -> None:
    with cli.start(sleepers, "run", "--jobs", "2") as command:
        assert command.stdout is not None
        await_both(command.stdout)
        assert len(containers(sleepers)) == 2
        start = time.monotonic()
        command.send_signal(number)
        rest = command.stdout.read()
    assert time.monotonic() - start < 15
    assert command.returncode == 130
    assert containers(sleepers) == []
    assert re.search(r"^○ later +not run ", rest, re.MULTILINE)
    assert len(re.findall(r"^■ +cancelled ", rest, re.MULTILINE)) == 2
    assert "Traceback" not in rest


def test_a_second_interrupt_leaves_no_container_either(
    cli: CommandLine, make_project: MakeProject, containers: Callable[[Path], list[object]]
) -> None:
    root = make_project(SLEEPERS.replace("trap exit", "trap :").replace("& wait", "; sleep 60"))
    with cli.start(root, "run", "--jobs", "2") as command:
        assert command.stdout is not None
        await_both(command.stdout)
        command.send_signal(signal.SIGINT)
        time.sleep(0.5)
        command.send_signal(signal.SIGINT)
        rest = command.stdout.read()
    assert command.returncode == 130
    assert containers(root) == []
    assert "Traceback" not in rest


@pytest.fixture
def screen() -> io.StringIO:
    """All that was printed to the terminal."""
    return io.StringIO()


@pytest.fixture
def terminal(cli: CommandLine, sleepers: Path, screen: io.StringIO) -> Iterator[Terminal]:
    """A terminal at which the project is run, once both containers have started."""
    program, *words = cli.argv("run", "--jobs", "2")
    child: Terminal = pexpect.spawn(
        program, words, cwd=sleepers, env=cli.env, encoding="utf-8", dimensions=(24, 100), timeout=60
    )
    child.logfile_read = screen
    child.expect(r"one[^\n]*started[^\n]*\n[^\n]*two[^\n]*started")
    yield child
    child.close(force=True)


def test_ctrl_c_at_a_terminal_ends_the_run_and_its_containers(
    terminal: Terminal, screen: io.StringIO, sleepers: Path, containers: Callable[[Path], list[object]]
) -> None:
    assert len(containers(sleepers)) == 2
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 130
    assert containers(sleepers) == []
    summary = screen.getvalue()
    assert re.search(r"later +not run", re.sub(r"\x1b\[[0-9;]*m", "", summary))


def test_a_terminal_that_is_closed_ends_the_run_and_its_containers(
    terminal: Terminal, sleepers: Path, containers: Callable[[Path], list[object]]
) -> None:
    terminal.ptyproc.fileobj.close()
    deadline = time.monotonic() + 20
    while terminal.isalive() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not terminal.isalive()
    assert containers(sleepers) == []


def test_an_interrupt_during_a_build_ends_it(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, builder=Builder(command="echo st''arted; sleep 60"))
        """
    )
    with cli.start(root, "build", "box") as command:
        assert command.stdout is not None
        next(line for line in command.stdout if "│ started" in line)
        start = time.monotonic()
        command.send_signal(signal.SIGINT)
        command.stdout.read()
    assert command.returncode == 130
    assert time.monotonic() - start < 15


def test_what_nohup_started_outlives_its_terminal(cli: CommandLine, make_project: MakeProject) -> None:
    root = make_project(SLEEPERS.replace("sleep 60 & wait", "sleep 2"))
    with subprocess.Popen(
        ["nohup", *cli.argv("run", "--jobs", "2")],
        cwd=root,
        env=cli.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        await_both(command.stdout)
        command.send_signal(signal.SIGHUP)
        command.stdout.read()
    assert command.returncode == 0
