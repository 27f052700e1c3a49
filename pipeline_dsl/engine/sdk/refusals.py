"""Why a registry did not do what it was asked, made out from what the engine says about it."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from docker.errors import APIError

from pipeline_dsl.engine.docker import PassingError
from pipeline_dsl.engine.sdk.credentials import host
from pipeline_dsl.engine.sdk.failures import explanation
from pipeline_dsl.errors import EngineError, Problem, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.engine.docker import Login
    from pipeline_dsl.errors import PipelineError

_DENIED = re.compile(
    r"no basic auth credentials|unauthorized|denied|authentication required|incorrect username|403 "
)
"""What registries say, by way of the engine, to those who are not logged in or may not do something."""

_UNTRUSTED = re.compile(r"x509:|tls: |HTTP response to HTTPS client")
"""What the engine says about a registry to which it cannot make a connection that is safe."""

_PASSING = re.compile(
    r"connection (?:refused|reset|timed out)|broken pipe|\bEOF\b|timeout|deadline exceeded|no route to host"
    r"|unreachable|no such host|server misbehaving|closed network connection|too ?many ?requests"
    r"|unavailable|internal server error|bad gateway|HTTP status:? (?:429|5\d\d)"
    r"|blob upload (?:unknown|invalid)|http2: |unexpected end of JSON",
    re.IGNORECASE,
)
"""What is heard of a registry, or of the way to it, that may work at the next attempt."""


@contextlib.contextmanager
def refusals(action: str, reference: str, login: Login | None) -> Iterator[None]:
    """Turn an answer of the engine that says what a registry said into an error of ours; see ``refusal``."""
    try:
        yield
    except APIError as error:
        raise refusal(action, reference, login, explanation(error)) from error


def refusal(action: str, reference: str, login: Login | None, reason: str) -> PipelineError:
    """Make an error of what the engine says about a registry.

    Arguments:
        action: what was tried, such as ``push``.
        reference: with which image.
        login: what was logged in with; None for docker's own configuration.
        reason: what the engine says.

    Returns:
        A PassingError if it may work at the next attempt; an EngineError if the engine cannot work with the
        registry; else a StepError.
    """
    registry = host(reference)
    message = f"cannot {action} {reference}: {reason.strip().rstrip('.')}."
    if _DENIED.search(reason):
        return StepError([Problem("push-denied", message, hint=_way_in(registry, login))])
    if _UNTRUSTED.search(reason):
        hint = f"Give the engine the authority of its certificate, in /etc/docker/certs.d/{registry}/ca.crt."
        return EngineError([Problem("registry-unreachable", message, hint=hint)])
    if _PASSING.search(reason):
        hint = "Is the name of the registry right, does it run, and can the engine reach it?"
        return PassingError([Problem("registry-unreachable", message, hint=hint)])
    return StepError([Problem("push-refused", message)])


def _way_in(registry: str, login: Login | None) -> str:
    if login is None:
        return f'Use "docker login {registry}", or name a credential in the setting registry.credential.'
    return "Look at the credential that the setting registry.credential names."
