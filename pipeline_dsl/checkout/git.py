"""Calling the git command: it asks nobody, runs no hooks, and ends when we do."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING

from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FOREIGN = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
"""Variables that speak of one repository. A hook that calls us has them, and we mean another one."""

_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

_CONFIGURATION = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.autocrlf", "false"),
    ("protocol.ext.allow", "never"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("color.ui", "false"),
    ("init.defaultBranch", "main"),
)
"""What a user's own settings must not change: what runs, what is written, what we read."""

_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")

_SLICE = 0.1
"""How long, in seconds, a call goes on after it was cancelled."""


class CancelledError(Exception):
    """A call of git was ended because its ``cancel`` event was set."""


@dataclasses.dataclass(frozen=True)
class Git:
    """Runs git commands in one directory.

    Arguments:
        directory: where they run.
        configuration: settings that hold for them, as for ``git -c``; a name may come twice.
        environment: variables beside those of this process.
        secrets: what is masked in what git says.
        cancel: ends a command when set.
    """

    directory: Path
    configuration: tuple[tuple[str, str], ...] = ()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    cancel: threading.Event = dataclasses.field(default_factory=threading.Event)

    def run(self, *words: str, timeout: float | None = None) -> str:
        """Run a command; give what it printed, without white space around it.

        Arguments:
            words: the command, without ``git``.
            timeout: seconds that it may take; None for no limit.

        Raises:
            FailedError: git says that it failed, or it took too long.
            CancelledError: it was cancelled.
            EngineError: git is not installed.
        """
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
            process = self._start(words, output, complaint)
            try:
                code = self._wait(process, timeout)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            if code:
                raise FailedError(self._masked(_text(complaint)))
            return _text(output).strip()

    def ask(self, *words: str) -> str:
        """Run a command whose failure means that there is nothing to tell."""
        try:
            return self.run(*words)
        except FailedError:
            return ""

    def _start(
        self, words: tuple[str, ...], output: IO[bytes], complaint: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        program = shutil.which("git")
        if program is None:
            raise EngineError([Problem("no-git", "There is no git command.", hint="Install git.")])
        settings = (*_CONFIGURATION, *self.configuration)
        options = [word for name, value in settings for word in ("-c", f"{name}={value}")]
        inherited = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        return subprocess.Popen(  # noqa: S603 -- words that begin with "-" are refused where they come from
            [program, *options, *words],
            cwd=self.directory,
            env={**inherited, **_ENVIRONMENT, **self.environment},
            stdin=subprocess.DEVNULL,
            # No pipes: a connection that ssh shares would keep them open after git has ended.
            stdout=output,
            stderr=complaint,
            # No terminal, on which ssh would ask, and one process group, that all can be ended.
            start_new_session=True,
        )

    def _wait(self, process: subprocess.Popen[bytes], timeout: float | None) -> int:
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        while True:
            try:
                return process.wait(_SLICE)
            except subprocess.TimeoutExpired:
                if self.cancel.is_set():
                    raise CancelledError from None
                if time.monotonic() > deadline:
                    raise FailedError(f"it did not end within {timeout:g} seconds") from None

    def _masked(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return _USERINFO.sub("***@", text)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
