"""Digests of build contexts worked out without any memory, to compare with; and a clock for tests."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.manifest import Entry, Manifest
from pipeline_dsl.context.reading import ContextFile, Kind, load_ignore, read_context
from pipeline_dsl.context.selection import Selection

if TYPE_CHECKING:
    from pipeline_dsl.context.contexts import ContextRequest

EVERYTHING = (Selection((".",)),)

_SECONDS = 1_000_000_000


class Clock:
    """The time, or a time some seconds from it: a test can neither wait nor set the clock of the machine."""

    def __init__(self, ahead: float = 0) -> None:
        self.ahead = ahead

    def __call__(self) -> int:
        return time.time_ns() + int(self.ahead * _SECONDS)


def digest(request: ContextRequest) -> str:
    """Work a digest out by reading all there is."""
    root = Path(request.root)
    ignore = Ignore.of(request.excludes) if request.excludes else load_ignore(root)
    files = read_context(root, request.selections, ignore, [Path(each) for each in request.overlays])
    return Manifest(tuple(map(entry, files))).digest


def entry(file: ContextFile) -> Entry:
    """Describe a file by reading it."""
    if file.kind is Kind.DIRECTORY:
        return Entry(file.path, "d", file.mode, "")
    if file.kind is Kind.SYMLINK:
        return Entry(file.path, "l", 0, file.target)
    content = Path(file.source).read_bytes()
    return Entry(file.path, "f", file.mode, hashlib.sha256(content).hexdigest())


def pass_tick(directory: Path) -> None:
    """Wait until a file that is changed now gets another time than one that was changed before."""
    probe = directory / ".tick"
    probe.touch()
    before = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == before:
        os.utime(probe)
