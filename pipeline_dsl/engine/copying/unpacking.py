"""Files that were copied out of a container before, taken out of the tar file in which they were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.engine.copying.directory import Directory
from pipeline_dsl.engine.copying.limits import Budget, Limits
from pipeline_dsl.engine.copying.source import parse_source
from pipeline_dsl.engine.copying.taking import Taking
from pipeline_dsl.engine.docker import Cancelled

if TYPE_CHECKING:
    import threading
    from collections.abc import Generator
    from pathlib import Path
    from typing import BinaryIO

_CHUNK = 1 << 18


def unpack(packed: BinaryIO, into: Path, cancel: threading.Event) -> None:
    """Unpack files as they were copied.

    Arguments:
        packed: the tar file; it is closed.
        into: the directory for them; made if missing.
        cancel: ends it when set.

    Raises:
        OSError: they cannot be written.
        StepError: they are more than may be copied at once.
        Cancelled: ``cancel`` was set meanwhile.
    """
    into.mkdir(parents=True, exist_ok=True)
    with Directory(into) as directory:
        taking = Taking(
            parse_source("/"),
            lambda _: _chunks(packed, cancel),
            lambda _: "",
            directory,
            budget=Budget(Limits(), "the files of an earlier run"),
            skip=lambda *_: None,
        )
        taking.take()


def _chunks(packed: BinaryIO, cancel: threading.Event) -> Generator[bytes]:
    with packed:
        while chunk := packed.read(_CHUNK):
            if cancel.is_set():
                raise Cancelled
            yield chunk
