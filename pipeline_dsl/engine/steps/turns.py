"""Doing what must not be done twice at the same time on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
from typing import IO, TYPE_CHECKING

import platformdirs

from pipeline_dsl.engine.docker import Cancelled

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

_GLANCE = 0.1
"""Seconds between two looks at whether it is our turn."""


@dataclasses.dataclass(frozen=True)
class Note:
    """A line that is written down in a turn, and read in the next one if this one was cut short."""

    file: IO[str]

    def read(self) -> str:
        """Give what was written down last."""
        self.file.seek(0)
        return self.file.read()

    def write(self, line: str) -> None:
        """Write something else down; an empty line for nothing."""
        self.file.truncate(0)
        self.file.write(line)
        self.file.flush()


@contextlib.contextmanager
def turn(name: str, cancel: threading.Event) -> Iterator[Note]:
    """Wait until no other run, and no other stage, has its turn at something; give its note.

    A turn ends with its process at the latest, however that ends.

    Arguments:
        name: what only one has a turn at.
        cancel: ends the waiting when set.

    Raises:
        Cancelled: ``cancel`` was set before it was our turn.
        OSError: the directory of the locks cannot be written to.
    """
    locks = platformdirs.user_state_path("pipeline-dsl") / "locks"
    locks.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (locks / hashlib.sha256(name.encode()).hexdigest()).open("a+") as file:
        while not _locked(file.fileno()):
            if cancel.wait(_GLANCE):
                raise Cancelled
        yield Note(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
