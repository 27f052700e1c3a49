"""Keeping copied files where ``--artifacts`` says."""

from __future__ import annotations

import dataclasses
import posixpath
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import Kind, Selection, read_context
from pipeline_dsl.engine.copying.directory import Attributes, Directory, is_directory
from pipeline_dsl.engine.copying.source import relative
from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.tarball import pack

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator

    from pipeline_dsl.context.reading import ContextFile

_CHUNK = 1 << 18
_GZIP = 31
"""zlib's name for gzip's header, which holds neither a name nor a time then."""

_UNNAMED = "root"
"""Name for what has no other: the root of the build context, packed."""


@dataclasses.dataclass(frozen=True)
class Keep:
    """Where to keep copied files.

    Arguments:
        root: the directory for all that is kept; made if missing.
        below: where this stage's files are in it, such as ``ci/test``.
        pack: pack a directory into one file, ``….tar.gz``.
    """

    root: Path
    below: str
    pack: bool = False


def keep(wanted: Keep, into: Path, goal: str, cancel: threading.Event) -> str:
    """Keep what lies at a place among the files of a stage, over what an earlier run has kept there.

    No link in the directory is followed, and no directory is replaced by a file.

    Arguments:
        wanted: where to.
        into: the stage's files.
        goal: where those to be kept lie in there; empty for all.
        cancel: when set, keeping them ends.

    Returns:
        The URL of the file or directory.

    Raises:
        OSError: it cannot be written.
        Cancelled: ``cancel`` was set meanwhile.
    """
    wanted.root.mkdir(parents=True, exist_ok=True)
    source, place = into / goal, posixpath.join(relative(wanted.below), goal).strip("/")
    with Directory(wanted.root) as directory:
        if not is_directory(source):
            files = read_context(into, [Selection((goal,))], Ignore())
            _write(directory, place, files[-1], cancel)
        elif wanted.pack:
            place = f"{place if goal else posixpath.join(place, _UNNAMED)}.tar.gz"
            _pack(directory, place, source, cancel)
        else:
            _write_all(directory, place, source, cancel)
    return (wanted.root.absolute() / place).as_uri()


def _pack(directory: Directory, place: str, source: Path, cancel: threading.Event) -> None:
    """Pack a directory; the same files give the same bytes. Directories change whenever one is copied."""
    files = [file._replace(mtime_ns=0) if file.kind is Kind.DIRECTORY else file for file in _files(source)]
    directory.write(place, _compressed(pack(files, {}), cancel), Attributes(0o644, time.time_ns()))


def _write_all(directory: Directory, place: str, source: Path, cancel: threading.Event) -> None:
    directory.make(place)
    files = _files(source)
    for file in files:
        _write(directory, posixpath.join(place, file.path), file, cancel)
    for file in reversed(files):
        if file.kind is Kind.DIRECTORY:
            directory.settle(posixpath.join(place, file.path), Attributes(file.mode, file.mtime_ns))


def _write(directory: Directory, place: str, file: ContextFile, cancel: threading.Event) -> None:
    if file.kind is Kind.DIRECTORY:
        directory.make(place)
    elif file.kind is Kind.SYMLINK:
        directory.link(place, file.target)
    else:
        directory.write(place, _content(Path(file.source), cancel), Attributes(file.mode, file.mtime_ns))


def _files(source: Path) -> tuple[ContextFile, ...]:
    return read_context(source, [Selection((".",))], Ignore())


def _content(path: Path, cancel: threading.Event) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            _check(cancel)
            yield piece


def _compressed(chunks: Iterable[bytes], cancel: threading.Event) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=_GZIP)
    for chunk in chunks:
        _check(cancel)
        yield packer.compress(chunk)
    yield packer.flush()


def _check(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled
