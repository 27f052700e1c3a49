"""How much a copy may take."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    from typing import NoReturn

_UNITS = {1 << 30: "GiB", 1 << 20: "MiB", 1 << 10: "KiB", 1: "bytes"}


@dataclasses.dataclass(frozen=True)
class Limits:
    """How much one copy may take.

    Arguments:
        size: bytes of all files together.
        files: files, directories and links.
        name: bytes of the path of a file.
        searched: bytes that the engine may send, those of files included that no wildcard matches.
    """

    size: int = 2 << 30
    files: int = 100_000
    name: int = 1024
    searched: int = 16 << 30


class Budget:
    """What a copy has taken so far; its methods raise StepError where that becomes too much.

    Arguments:
        limits: how much it may take.
        what: what is copied, for messages.
    """

    def __init__(self, limits: Limits, what: str) -> None:
        self._limits = limits
        self._what = what
        self._entries = 0
        self._size = 0

    @property
    def size(self) -> int:
        """How many bytes there were."""
        return self._size

    def count(self, path: str) -> None:
        """Take one more file, directory or link."""
        self._entries += 1
        if self._entries > self._limits.files:
            self._refuse(f"there are more than {self._limits.files:,} files")
        if len(os.fsencode(path)) > self._limits.name:
            self._refuse(f"the path of a file has more than {self._limits.name:,} bytes ({path[:60]!r}…)")

    def weigh(self, size: int) -> None:
        """Take the content of a file."""
        self._size += size
        if self._size > self._limits.size:
            self._refuse(f"the files have more than {_amount(self._limits.size)}")

    def search(self, size: int) -> None:
        """Have come so far."""
        if size > self._limits.searched:
            self._refuse(f"more than {_amount(self._limits.searched)} would have to be looked through")

    def _refuse(self, reason: str) -> NoReturn:
        message = f'"{self._what}" is too big to be copied: {reason}.'
        hint = "Copy less of it: a directory further down, or what wildcards match there."
        raise StepError([Problem("copy-too-big", message, hint=hint)])


def _amount(size: int) -> str:
    unit = next(unit for unit in _UNITS if size % unit == 0)
    return f"{size // unit} {_UNITS[unit]}"
