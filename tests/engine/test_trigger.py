"""Starting other jobs: real programs, and calls of a real HTTP server."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from pipeline_dsl.engine import http
from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.steps.trigger import (
    CommandJob,
    HttpJob,
    Job,
    TriggerRequest,
    TriggerResult,
    trigger,
)
from pipeline_dsl.errors import Position, StepError
from pipeline_dsl.settings import unknown_trigger
from tests.engine.receiver import Reply, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Output

HANGS = 30
"""Seconds after which something hangs."""


def asked(job: Job, *, wait: bool = True, propagate: bool = True, timeout: float = HANGS) -> TriggerRequest:
    return TriggerRequest("docs", job, {"IMAGE": "api:1"}, wait=wait, propagate=propagate, timeout=timeout)


def shell(script: str) -> CommandJob:
    return CommandJob(("sh", "-c", textwrap.dedent(script)))


def python(script: str, *arguments: str) -> CommandJob:
    return CommandJob((sys.executable, "-c", textwrap.dedent(script), *arguments))


def is_running(process: int) -> bool:
    """Tell whether a process is there, and not only the memory of one."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def problem_of(failure: pytest.ExceptionInfo[StepError]) -> tuple[str, str]:
    (problem,) = failure.value.problems
    return problem.code, problem.message


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, which a user would not want."""
    monkeypatch.setattr(http, "_PAUSES", (0, 0))


# Commands


def test_a_command_finds_all_parameters_on_its_standard_input(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    request = dataclasses.replace(asked(CommandJob(("cat",))), parameters={"A": "1", "b-c": "ä\n$(x)"})
    trigger(request, output, cancel)
    [(_, line)] = printed
    assert json.loads(line) == {"name": "docs", "parameters": {"A": "1", "b-c": "ä\n$(x)"}}


def test_a_command_finds_parameters_in_its_environment_where_their_names_can_be_variables(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    job = python("import os; print([item for item in os.environ.items() if 'PARAM' in item[0]])")
    parameters = {"IMAGE": "api:1", "PATH": "/evil", "a-b": "x", "LD_PRELOAD\n": "x", "": "x", "A=B": "x"}
    trigger(dataclasses.replace(asked(job), parameters=parameters), output, cancel)
    [(_, line)] = printed
    assert line == "[('PARAMETER_IMAGE', 'api:1'), ('PARAMETER_PATH', '/evil')]"


def test_a_command_gets_nothing_else_of_our_environment_than_it_needs(
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SONAR_API_KEY", "secret")
    monkeypatch.setenv("LC_TIME", "C")
    job = dataclasses.replace(shell("env"), environment={"TOKEN": "of the job", "PARAMETER_IMAGE": "its own"})
    trigger(asked(job), output, cancel)
    variables = dict(line.split("=", 1) for _, line in printed)
    expected = {
        "PATH": os.environ["PATH"],
        "LC_TIME": "C",
        "TOKEN": "of the job",
        "PARAMETER_IMAGE": "its own",
    }
    assert expected.items() <= variables.items()
    assert "SONAR_API_KEY" not in variables


def test_no_shell_and_no_parameter_changes_the_arguments_of_a_command(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    job = CommandJob(("printf", "%s\n", "{IMAGE}", "${IMAGE}", "$PARAMETER_IMAGE", "`id`; *"))
    trigger(asked(job), output, cancel)
    assert [line for _, line in printed] == ["{IMAGE}", "${IMAGE}", "$PARAMETER_IMAGE", "`id`; *"]


def test_a_command_does_not_run_among_the_files_of_the_repository(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    trigger(asked(CommandJob(("pwd",))), output, cancel)
    assert printed == [(Stream.STDOUT, "/")]


def test_what_a_command_prints_is_passed_on_line_by_line(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    result = trigger(asked(shell("echo one; echo two >&2; printf three")), output, cancel)
    assert sorted(printed, key=str) == [
        (Stream.STDERR, "two"),
        (Stream.STDOUT, "one"),
        (Stream.STDOUT, "three"),
    ]
    assert result == TriggerResult("exit code 0")


def test_not_a_line_of_much_output_is_lost(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    trigger(asked(CommandJob(("seq", "200000"))), output, cancel)
    assert [line for _, line in printed] == [str(number) for number in range(1, 200001)]


@pytest.mark.parametrize(
    ("script", "status"), [("exit 3", "exit code 3"), ("kill -KILL $$", "ended by SIGKILL")]
)
def test_a_command_that_fails_fails_the_step(
    script: str, status: str, output: Output, cancel: threading.Event
) -> None:
    with pytest.raises(StepError) as failure:
        trigger(asked(shell(script)), output, cancel)
    assert problem_of(failure) == ("trigger-failed", f'"docs" failed: {status}.')


def test_a_failure_that_is_not_propagated_is_told(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    result = trigger(asked(shell("exit 3"), propagate=False), output, cancel)
    assert result == TriggerResult("exit code 3")
    assert printed == [(Stream.PROGRESS, '"docs" failed: exit code 3.')]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    ("job", "parameters", "reason"),
    [
        (CommandJob(("no-such-program",)), {}, "no-such-program: No such file or directory."),
        (CommandJob(("/etc/passwd",)), {}, "/etc/passwd: Permission denied."),
        (CommandJob(("true",)), {"A": "x" * 500_000}, "true: Argument list too long."),
        (
            CommandJob(("true",)),
            {"A": "\0"},
            "a parameter holds a null character, which a command cannot be given.",
        ),
    ],
)
def test_a_command_that_cannot_be_started_is_an_error(  # noqa: PLR0913 -- fixtures and parameters
    job: Job, parameters: dict[str, str], reason: str, *, wait: bool, output: Output, cancel: threading.Event
) -> None:
    request = dataclasses.replace(asked(job, wait=wait, propagate=False), parameters=parameters)
    with pytest.raises(StepError) as failure:
        trigger(request, output, cancel)
    assert problem_of(failure) == ("trigger-not-started", f'"docs" cannot be started: {reason}')


def test_what_a_command_leaves_in_the_background_is_not_waited_for(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    start = time.monotonic()
    trigger(asked(shell("sleep 600 & echo $!")), output, cancel)
    assert time.monotonic() - start < HANGS
    [(_, left)] = printed
    assert is_running(int(left))
    os.kill(int(left), signal.SIGKILL)


STUBBORN = """
import os, signal, subprocess, sys, time
command = ["sh", "-c", "trap '' TERM; echo ignored; sleep 600; sleep 600"]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, os.getpid(), flush=True)
time.sleep(600)
"""
"""A program with a child that does not end when it is asked to."""


def test_cancelling_ends_a_command_with_all_that_it_has_started(cancel: threading.Event) -> None:
    processes: list[int] = []

    def cancel_then(_: Stream, line: str) -> None:
        processes.extend(os.pidfd_open(int(number)) for number in line.split())
        cancel.set()

    with pytest.raises(Cancelled):
        trigger(asked(python(STUBBORN)), cancel_then, cancel)
    assert len(processes) == 2
    for process in processes:
        assert select.select([process], [], [], HANGS)[0], "it should have ended"
        os.close(process)


def test_a_command_that_is_cancelled_has_time_to_tidy_up(tmp_path: Path, cancel: threading.Event) -> None:
    tidy = tmp_path / "tidy"
    job = shell(f"trap 'sleep 0.2; touch {tidy}; exit' TERM; echo ready; sleep 600 & wait")
    with pytest.raises(Cancelled):
        trigger(asked(job), lambda *_: cancel.set(), cancel)
    assert tidy.exists()


def test_nothing_is_started_when_the_run_has_been_cancelled(
    tmp_path: Path, output: Output, cancel: threading.Event
) -> None:
    cancel.set()
    with pytest.raises(Cancelled):
        trigger(asked(shell(f"touch {tmp_path}/started"), wait=False), output, cancel)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("script", ["echo $$; sleep 600", "echo $$; exec >&- 2>&-; sleep 600"])
def test_a_command_that_takes_too_long_is_ended(
    script: str, output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    with pytest.raises(StepError) as failure:
        trigger(asked(shell(script), propagate=False, timeout=0.5), output, cancel)
    assert problem_of(failure) == (
        "trigger-timeout",
        '"docs" took longer than the 0.5 s that timeouts.trigger allows.',
    )
    assert not is_running(int(printed[0][1]))


def test_a_timeout_of_0_is_none(output: Output, cancel: threading.Event) -> None:
    assert trigger(asked(CommandJob(("true",)), timeout=0), output, cancel) == TriggerResult("exit code 0")


OURS = """
import sys, threading
from pipeline_dsl.engine.steps.trigger import CommandJob, TriggerRequest, trigger

job = CommandJob((sys.executable, "-c", sys.argv[1], *sys.argv[2:]))
request = TriggerRequest("docs", job, {}, wait=False, propagate=True, timeout=0.1)
print(trigger(request, print, threading.Event()).status)
"""
THEIRS = """
import os, sys
print("nobody hears this", flush=True)
go_on = open(sys.argv[1]).read()
open(sys.argv[1], "w").write(f"{go_on} {os.getsid(0) == os.getpid()}")
"""


def test_a_command_that_is_not_waited_for_outlives_us_in_a_session_of_its_own(fifo: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", OURS, THEIRS, fifo],
        capture_output=True,
        timeout=HANGS,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == (b"started\n", b"")
    fifo.write_text("go on")
    assert fifo.read_text() == "go on True"


def test_a_command_that_is_not_waited_for_leaves_no_zombie(
    fifo: Path, output: Output, cancel: threading.Event
) -> None:
    before = set(threading.enumerate())
    trigger(asked(shell(f"cat {fifo} >/dev/null; exit 3"), wait=False), output, cancel)
    (reaper,) = set(threading.enumerate()) - before
    assert reaper.is_alive()
    fifo.write_text("")
    reaper.join(timeout=HANGS)
    assert not reaper.is_alive()


# Calls


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("wait", [True, False])
def test_a_call_sends_name_and_parameters_as_json(
    method: str, output: Output, cancel: threading.Event, *, wait: bool
) -> None:
    with receiver(Reply(202)) as server:
        job = HttpJob(f"{server.url}/build?token=x", method, {"Authorization": "Bearer y"})
        assert trigger(asked(job, wait=wait), output, cancel) == TriggerResult("202 Accepted")
    (call,) = server.calls
    assert (call.method, call.path) == (method, "/build?token=x")
    assert json.loads(call.body) == {"name": "docs", "parameters": {"IMAGE": "api:1"}}
    expected = {"content-type": "application/json", "authorization": "Bearer y", "user-agent": "pipeline-dsl"}
    assert expected.items() <= call.headers.items()


@pytest.mark.parametrize(("wait", "lines"), [(True, ["built", "pushed"]), (False, [])])
def test_the_answer_to_a_call_is_passed_on_if_it_is_waited_for(
    lines: list[str],
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
    *,
    wait: bool,
) -> None:
    with receiver(Reply(text="built\npushed\n")) as server:
        trigger(asked(HttpJob(server.url), wait=wait), output, cancel)
    assert printed == [(Stream.STDOUT, line) for line in lines]


def test_the_job_of_an_answer_other_than_success_is_not_started(
    output: Output, cancel: threading.Event
) -> None:
    with receiver(Reply(500)) as server, pytest.raises(StepError) as failure:
        trigger(asked(HttpJob(f"{server.url}/secret"), wait=False, propagate=False), output, cancel)
    said = f"{server.url}/… answered 500 Internal Server Error."
    assert problem_of(failure) == ("trigger-not-started", f'"docs" cannot be started: {said}')
    assert len(server.calls) == 1  # what it was asked to do may be done: not twice


def test_an_answer_that_is_waited_for_says_that_the_job_failed(
    output: Output, printed: list[tuple[Stream, str]], cancel: threading.Event
) -> None:
    with receiver(Reply(409, text="busy")) as server:
        with pytest.raises(StepError) as failure:
            trigger(asked(HttpJob(server.url)), output, cancel)
        result = trigger(asked(HttpJob(server.url), propagate=False), output, cancel)
    message = '"docs" failed: 409 Conflict.'
    assert problem_of(failure) == ("trigger-failed", message)
    assert result == TriggerResult("409 Conflict")
    assert printed == [(Stream.STDOUT, "busy"), (Stream.STDOUT, "busy"), (Stream.PROGRESS, message)]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, output: Output, cancel: threading.Event) -> None:
    with receiver() as other, receiver(Reply(status, {"Location": other.url})) as server:
        with pytest.raises(StepError) as failure:
            trigger(asked(HttpJob(server.url), wait=False), output, cancel)
        assert not other.calls
    (problem,) = failure.value.problems
    assert problem.code == "trigger-not-started"
    assert problem.hint == "Redirects are not followed: the settings have to name the place itself."


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_is_about_to_come_back_is_asked_again(
    status: int, output: Output, cancel: threading.Event
) -> None:
    with receiver(Reply(status), Reply(status), Reply(201)) as server:
        assert trigger(asked(HttpJob(server.url)), output, cancel) == TriggerResult("201 Created")
    assert len(server.calls) == 3


@pytest.mark.usefixtures("impatience")
def test_a_server_is_not_asked_for_ever(output: Output, cancel: threading.Event) -> None:
    with receiver(Reply(503)) as server, pytest.raises(StepError):
        trigger(asked(HttpJob(server.url)), output, cancel)
    assert len(server.calls) == 3


def test_a_server_that_is_not_there_yet_is_asked_again(
    output: Output, cancel: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(is_active=False) as server:

        def pauses() -> Iterator[float]:
            yield 0
            server.server_activate()
            threading.Thread(target=server.handle_request).start()
            yield 0

        monkeypatch.setattr(http, "_PAUSES", pauses())
        assert trigger(asked(HttpJob(server.url)), output, cancel) == TriggerResult("200 OK")


@pytest.mark.usefixtures("impatience")
def test_a_call_that_may_have_arrived_is_not_made_again(output: Output, cancel: threading.Event) -> None:
    with receiver(Reply(0), Reply(200)) as server, pytest.raises(StepError) as failure:
        trigger(asked(HttpJob(f"{server.url}/secret?token=x")), output, cancel)
    assert len(server.calls) == 1
    said = f"{server.url}/…: the connection was lost."
    assert problem_of(failure) == ("trigger-not-started", f'"docs" cannot be started: {said}')


@pytest.mark.usefixtures("impatience")
def test_what_a_url_holds_beside_the_server_is_not_shown(output: Output, cancel: threading.Event) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"
        job = HttpJob(f"{base}/secret?token=secret", headers={"Authorization": "secret"})
        with pytest.raises(StepError) as failure:
            trigger(asked(job), output, cancel)
    said = f"{base}/…: Connection refused."
    assert problem_of(failure) == ("trigger-not-started", f'"docs" cannot be started: {said}')
    assert failure.value.__cause__ is None
    assert "secret" not in repr(job)


def test_a_silent_server_is_given_up_at_the_timeout(output: Output, cancel: threading.Event) -> None:
    with receiver() as server:
        server.may_answer.clear()
        with pytest.raises(StepError) as failure:
            trigger(asked(HttpJob(server.url), timeout=0.3), output, cancel)
    assert problem_of(failure) == (
        "trigger-timeout",
        '"docs" took longer than the 0.3 s that timeouts.trigger allows.',
    )


def test_cancelling_ends_the_wait_for_an_answer(output: Output, cancel: threading.Event) -> None:
    with receiver() as server:
        server.may_answer.clear()

        def cancel_when_called() -> None:
            server.called.wait(HANGS)
            cancel.set()

        canceller = threading.Thread(target=cancel_when_called)
        canceller.start()
        with pytest.raises(Cancelled):
            trigger(asked(HttpJob(server.url), timeout=0), output, cancel)
        canceller.join()


def test_nobody_logs_in_with_what_a_netrc_says(
    tmp_path: Path, output: Output, cancel: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with receiver() as server:
        trigger(asked(HttpJob(server.url)), output, cancel)
    assert "authorization" not in server.calls[0].headers


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine, and the file of the authority that signed it."""
    authority, file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, file


def test_an_authority_that_the_system_trusts_is_trusted(
    tls: tuple[ssl.SSLContext, Path],
    output: Output,
    cancel: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    with receiver(tls=tls[0]) as server:
        assert trigger(asked(HttpJob(server.url)), output, cancel) == TriggerResult("200 OK")


def test_nothing_is_sent_to_a_server_that_is_not_trusted(
    tls: tuple[ssl.SSLContext, Path], output: Output, cancel: threading.Event
) -> None:
    with receiver(tls=tls[0]) as server, pytest.raises(StepError) as failure:
        trigger(asked(HttpJob(server.url)), output, cancel)
    code, message = problem_of(failure)
    assert code == "trigger-not-started"
    assert f"{server.url}/…: its certificate is not trusted: " in message
    assert not server.calls


# Names


def test_a_job_that_is_not_declared_is_told_with_those_that_are() -> None:
    problem = unknown_trigger("dosc", ["wiki", "docs"], Position("pipeline.py", 3))
    assert str(problem) == (
        'pipeline.py:3: the job "dosc" may not be started. Did you mean "docs"? These may be started: docs,'
        " wiki. The operator declares jobs in the settings, as triggers. [trigger-not-allowed]"
    )


def test_without_any_declared_job_that_is_said() -> None:
    assert unknown_trigger("docs", ()).hint.startswith("No job may be started.")
