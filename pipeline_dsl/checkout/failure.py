"""Failures of the git command, in its own words."""

from __future__ import annotations

import re

from pipeline_dsl.errors import Problem

_TRANSIENT = re.compile(
    r"""could\ not\ resolve\ host | temporary\ failure\ in\ name\ resolution | unable\ to\ look\ up
    | connection\ (?:was\ )?(?:refused|reset|closed|timed\ out) | operation\ timed\ out | failed\ to\ connect
    | early\ eof | unexpected\ disconnect | hung\ up\ unexpectedly | rpc\ failed | empty\ reply\ from\ server
    | returned\ error:\ (?:429|5\d\d) | http/2\ stream | gnutls_handshake | ssl_error_syscall | ssl_connect
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What git, curl and ssh say of a network that may work again in a moment."""


class FailedError(Exception):
    """A git command failed.

    Arguments:
        text: what it printed to standard error, without secrets.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)

    @property
    def reason(self) -> str:
        """The line that says why, without git's word before it."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal: ", "error: "))]
        line = next(iter(telling or lines), "it gives no reason")
        return line.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")

    @property
    def is_transient(self) -> bool:
        """Whether the same command may succeed in a moment."""
        return _TRANSIENT.search(self.text) is not None

    def problem(self, code: str, what: str, hint: str = "") -> Problem:
        """Describe it.

        Arguments:
            code: kind of the problem.
            what: what was tried, as the start of a sentence.
            hint: what to do about it.
        """
        lines = self.text.strip().splitlines()
        excerpt = "\n".join(f"    {line}" for line in lines) if len(lines) > 1 else ""
        return Problem(code, f"{what}: {self.reason}.", hint=hint, excerpt=excerpt)
