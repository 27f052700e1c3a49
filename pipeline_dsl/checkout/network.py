"""How git talks to servers."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

from pipeline_dsl.checkout.failure import FailedError
from pipeline_dsl.checkout.git import CancelledError, Git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipeline_dsl.checkout.remote import Remote


@dataclasses.dataclass(frozen=True)
class Network:
    """How git talks to servers.

    Arguments:
        timeout: seconds that one command may take.
        pauses: seconds between attempts, where the network fails; there is one attempt more than pauses.
        proxy: URL of a proxy for HTTP; empty for that of the environment, if any.
        cancel: ends it all when set.
    """

    timeout: float = 600
    pauses: Sequence[float] = (1, 5)
    proxy: str = ""
    cancel: threading.Event = dataclasses.field(default_factory=threading.Event, compare=False)

    def git(self, directory: Path, remote: Remote) -> Git:
        """Give a git for a directory of ours, which gets the credentials of a remote."""
        configuration = [("safe.directory", str(directory)), *remote.configuration]
        configuration += [("http.proxy", self.proxy)] if self.proxy else []
        # Git itself refuses submodules by path; for a repository of this machine they are no danger.
        configuration += [("protocol.file.allow", "always")] if remote.is_local else []
        return Git(directory, tuple(configuration), remote.environment, remote.secrets, self.cancel)

    def run(self, git: Git, *words: str) -> str:
        """Run a command that needs the network; try again when that fails.

        Raises:
            FailedError: the last attempt failed, or one for another reason.
            CancelledError: it was cancelled.
            EngineError: git is not installed.
        """
        for pause in self.pauses:
            try:
                return git.run(*words, timeout=self.timeout)
            except FailedError as failure:
                if not failure.is_transient:
                    raise
            if self.cancel.wait(pause):
                raise CancelledError
        return git.run(*words, timeout=self.timeout)
