"""Starting another job: a command or an HTTP call that the operator has declared."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from pipeline_dsl.engine import process
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.http import Call, NoAnswerError, call_patiently, server
from pipeline_dsl.engine.limit import Deadline, Limit
from pipeline_dsl.engine.waiting import OverdueError, check
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from pipeline_dsl.engine.docker import Output

_INHERITED = (
    *("HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
"""What a command gets of our environment; a CI system's secrets are not among it."""

_MARGIN = 1
"""Seconds after which a call that was given up ends by itself."""


@dataclasses.dataclass(frozen=True)
class CommandJob:
    """A program to start. No shell reads its arguments, and no parameter gets into them.

    It runs in the root directory, so that nothing in the repository gets in its way. Of our environment it
    has what finds programs, locale, proxies and authorities. Each parameter whose name is a word of letters,
    digits and ``_`` is in the variable ``PARAMETER_NAME``; all of them are on standard input, as
    ``{"name": …, "parameters": {…}}``.

    Arguments:
        argv: the program and its arguments.
        environment: further environment variables, such as a credential.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)


@dataclasses.dataclass(frozen=True)
class HttpJob:
    """A URL to call. The body is always ``{"name": …, "parameters": {…}}``, as JSON.

    An answer from 200 to 299 is success. A redirect is not followed: it is an error like any other answer.

    Arguments:
        url: the URL.
        method: how to call it.
        headers: headers to send, such as a credential.
    """

    url: str = dataclasses.field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)


Job: TypeAlias = CommandJob | HttpJob


@dataclasses.dataclass(frozen=True)
class TriggerRequest:
    """A job to be started.

    Arguments:
        name: what the operator calls it.
        job: what it is.
        parameters: what it is given.
        wait: whether to wait for a command's end, and pass on what it prints, or what the server answers.
            A command that is not waited for outlives us. A call always waits for the answer's status.
        propagate: whether the step fails if a job that is waited for does.
        timeout: seconds after which it is given up; 0 for never.
    """

    name: str
    job: Job
    parameters: Mapping[str, str]
    wait: bool
    propagate: bool
    timeout: float


@dataclasses.dataclass(frozen=True)
class TriggerResult:
    """How the start of a job went, or the job.

    Arguments:
        status: in a few words, such as ``started``, ``exit code 3`` or ``202 Accepted``.
    """

    status: str


def trigger(request: TriggerRequest, output: Output, cancel: threading.Event) -> TriggerResult:
    """Start a job, and wait for it if that is asked for.

    Raises:
        StepError: it cannot be started, took too long, or failed and that is to be propagated.
        Cancelled: ``cancel`` was set meanwhile; a command that was waited for was ended.
    """
    limit = Limit(request.timeout, "timeouts.trigger") if request.timeout else None
    deadline = Deadline(cancel, limit)
    try:
        check(deadline)
        if isinstance(request.job, CommandJob):
            return _command(request, request.job, output, deadline)
        return _call(request, request.job, output, deadline)
    except OverdueError:
        message = f'"{request.name}" took longer than {limit}.'
        raise StepError([Problem("trigger-timeout", message)]) from None


def _command(request: TriggerRequest, job: CommandJob, output: Output, deadline: Deadline) -> TriggerResult:
    program = process.Program(job.argv, _environment(request, job), json.dumps(_document(request)).encode())
    try:
        if not request.wait:
            process.start(program)
            return TriggerResult("started")
        code = process.run(program, output, deadline)
    except OSError as error:
        _cannot_start(request, f"{job.argv[0]}: {error.strerror}.")
    except ValueError:
        _cannot_start(request, "a parameter holds a null character, which a command cannot be given.")
    return _outcome(request, _end(code), output, is_success=code == 0)


def _environment(request: TriggerRequest, job: CommandJob) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("LC_")
    }
    parameters = {
        f"PARAMETER_{name}": value
        for name, value in request.parameters.items()
        if re.fullmatch(r"[A-Za-z0-9_]+", name)
    }
    return {**inherited, **parameters, **job.environment}


def _end(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"


def _call(request: TriggerRequest, job: HttpJob, output: Output, deadline: Deadline) -> TriggerResult:
    patience = request.timeout and request.timeout + _MARGIN
    what = Call(job.url, _document(request), job.method, job.headers, patience)
    try:
        answer = call_patiently(what, deadline)
    except NoAnswerError as error:
        _cannot_start(request, f"{server(job.url)}: {error}.")
    if request.wait:
        for line in answer.text.splitlines():
            output(Stream.STDOUT, line)
        return _outcome(request, answer.status, output, is_success=answer.is_success)
    if not answer.is_success:
        hint = "Redirects are not followed: the settings have to name the place itself."
        said = f"{server(job.url)} answered {answer.status}."
        _cannot_start(request, said, hint if answer.is_redirect else "")
    return TriggerResult(answer.status)


def _outcome(request: TriggerRequest, status: str, output: Output, *, is_success: bool) -> TriggerResult:
    if not is_success:
        message = f'"{request.name}" failed: {status}.'
        if request.propagate:
            raise StepError([Problem("trigger-failed", message)])
        output(Stream.PROGRESS, message)
    return TriggerResult(status)


def _cannot_start(request: TriggerRequest, reason: str, hint: str = "") -> NoReturn:
    message = f'"{request.name}" cannot be started: {reason}'
    raise StepError([Problem("trigger-not-started", message, hint=hint)]) from None


def _document(request: TriggerRequest) -> dict[str, object]:
    return {"name": request.name, "parameters": dict(request.parameters)}
