"""Copying files out of a container."""

from __future__ import annotations

import dataclasses
import functools
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.engine.copying.directory import Directory, is_directory, merge
from pipeline_dsl.engine.copying.keeping import Keep, keep
from pipeline_dsl.engine.copying.limits import Budget, Limits
from pipeline_dsl.engine.copying.source import parse_source, relative
from pipeline_dsl.engine.copying.taking import Taking
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import threading

    from pipeline_dsl.engine.copying.source import Source
    from pipeline_dsl.engine.docker import Docker, Output

__all__ = ["CopyRequest", "CopyResult", "Keep", "Limits", "copy"]

_TOLD = 20
"""How many of the files that are left out are named."""


@dataclasses.dataclass(frozen=True)
class CopyRequest:
    """Files to be copied out of a container.

    The source is a path from the container's root, or, with ``*``, ``?``, ``[…]`` and ``**``, all that match;
    a link is followed. The destination is a path from the root of the build context, which no ``..`` leaves;
    the source's own path if None. What is there from other copies stays, unless it has the same path. Where
    docker's own command looks at what is there already, the rules are:

    - A file becomes the destination. It goes into it, under its own name, if the destination ends in a slash,
      is the root, or is a directory by then.
    - What is in a directory goes into the destination, with or without a slash at either's end. A source
      that ends in a slash has to be a directory.
    - What wildcards match goes into the destination, with its path from the directory where the wildcards
      begin: of ``/out/*/report.xml``, ``unit/report.xml``. Directories that match are taken whole.

    Files keep mode and time, but belong to us, who may read them, and set no user or group id. Other names of
    a file become files of their own. A symbolic link is kept if it is relative and stays inside what is
    copied, whatever lies on its way (``copying/links.py``). Other links, devices, pipes and sockets are left
    out, and named.

    Arguments:
        container: id or name of the container, which may have ended.
        source: what to copy.
        destination: where to put it.
        into: directory of all that the stage copies; made if missing. Its parent is written to meanwhile.
        keep: where to keep the files on disk; None for nowhere.
        limits: how much there may be.
    """

    container: str
    source: str
    destination: str | None
    into: Path
    keep: Keep | None = None
    limits: Limits = dataclasses.field(default_factory=Limits)


@dataclasses.dataclass(frozen=True)
class CopyResult:
    """Files that were copied.

    Arguments:
        files: how many there are, links included.
        size: their bytes.
        url: where they are kept, as a ``file:`` URL; empty if they are not.
        goal: where they are among all that the stage copies.
    """

    files: int
    size: int
    url: str
    goal: str


def copy(request: CopyRequest, docker: Docker, output: Output, cancel: threading.Event) -> CopyResult:
    """Copy files out of a container: all, or, when that fails, none.

    Raises:
        StepError: there is nothing to copy, or too much, or the files cannot be written.
        EngineError: the engine cannot be reached or failed by itself.
        Cancelled: ``cancel`` was set meanwhile.
    """
    source = parse_source(request.source)
    try:
        return _copy(request, source, docker, _Omissions(source, output), cancel)
    except OSError as error:
        message = f'what is copied from "{request.source}" cannot be written: {error}.'
        raise StepError([Problem("copy-not-written", message)]) from error


class _Omissions:
    """Says what is left out; of many, only how many."""

    def __init__(self, source: Source, output: Output) -> None:
        self._source = source
        self._output = output
        self._count = 0

    def add(self, inner: str, reason: str) -> None:
        self._count += 1
        if self._count <= _TOLD:
            path = posixpath.join(self._source.path, inner)
            self._output(Stream.PROGRESS, f"left out {path!r}: {reason}")

    def finish(self) -> None:
        if self._count > _TOLD:
            self._output(Stream.PROGRESS, f"left out {self._count - _TOLD:,} more")


def _copy(
    request: CopyRequest, source: Source, docker: Docker, omissions: _Omissions, cancel: threading.Event
) -> CopyResult:
    request.into.mkdir(parents=True, exist_ok=True)
    budget = Budget(request.limits, request.source)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=request.into.parent) as scratch:
        with Directory(Path(scratch)) as directory:
            taking = Taking(
                source,
                lambda path: docker.copy_out(request.container, path, cancel),
                functools.partial(_place, request, source),
                directory,
                budget=budget,
                skip=omissions.add,
            )
            found = taking.take()
        omissions.finish()
        if not found:
            raise _nothing_matches(request)
        merge(Path(scratch), request.into)
    url = keep(request.keep, request.into, taking.goal, cancel) if request.keep else ""
    return CopyResult(taking.files, budget.size, url, taking.goal)


def _place(request: CopyRequest, source: Source, is_tree: bool) -> str:  # noqa: FBT001 -- what the engine sends
    wanted = request.destination or source.path
    goal = relative(wanted)
    below = not goal or wanted.endswith("/") or is_directory(request.into / goal)
    return posixpath.join(goal, posixpath.basename(source.path)) if below and not is_tree else goal


def _nothing_matches(request: CopyRequest) -> StepError:
    message = f'there is nothing to copy in the container: no file is meant by "{request.source}".'
    hint = 'A name that holds a wildcard itself is written with brackets: "a[[]1].txt" for "a[1].txt".'
    return StepError([Problem("nothing-to-copy", message, hint=hint)])
