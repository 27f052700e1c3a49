"""The directory that is built from, as a build sees it: without what ``.dockerignore`` takes away."""

from __future__ import annotations

import collections
import dataclasses
import enum
import os
import stat
from typing import TYPE_CHECKING

from pipeline_dsl.context.layers import Layers, below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pipeline_dsl.context.ignore import Ignore

_ROOT_MODE = 0o755
"""The root is not sent by docker; what it is on disk is of no consequence to an image."""

_LINKS_FOLLOWED = 255
"""As many as BuildKit follows before it takes them for a loop."""


class Kind(enum.Enum):
    """What a file is. Sockets, pipes and devices are not part of a build context."""

    REGULAR = "regular"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


@dataclasses.dataclass(frozen=True, slots=True)
class ContextFile:
    """A file, directory or symbolic link of a build context.

    Arguments:
        path: where it is in the context: relative, with slashes; bytes that are not UTF-8 as surrogates.
        source: where it is on disk.
        kind: what it is.
        mode: permission bits, set-user-id and the like included.
        size: bytes of a regular file; else 0.
        mtime_ns: time of its last change, in nanoseconds since 1970.
        target: what a symbolic link says, as it says it; else empty.
    """

    path: str
    source: str
    kind: Kind
    mode: int
    size: int
    mtime_ns: int
    target: str = ""


@dataclasses.dataclass(frozen=True)
class Resolved:
    """What a path leads to.

    Arguments:
        links: the symbolic links on the way.
        file: what is at the end of it; None when that is not part of the build.
        lost: where the way ends when ``file`` is None; empty when it goes in circles.
    """

    links: tuple[ContextFile, ...]
    file: ContextFile | None
    lost: str = ""


class Tree:
    """The files below a directory and those that lie over them, less the ignored ones.

    Every directory is listed once at most, and never when all below it is ignored. Paths are relative to the
    root, with slashes; the root itself is the empty path.

    Arguments:
        layers: where they are on disk.
        ignore: what is not part of it.
    """

    def __init__(self, layers: Layers, ignore: Ignore) -> None:
        self.root = ContextFile("", layers.root, Kind.DIRECTORY, _ROOT_MODE, 0, 0)
        self.layers = layers
        self.ignore = ignore
        self._listed: dict[str, tuple[ContextFile, ...]] = {}
        self._passages: set[str] = set()

    def find(self, path: str) -> ContextFile | None:
        """Look a path up, without following a link at its end."""
        if not path:
            return self.root
        found = self.layers.status(path)
        if found is None:
            return None
        place, status = found
        if not self._admits(path, lambda: stat.S_ISDIR(status.st_mode)):
            return None
        return _file(path, place, status)

    def children(self, directory: str) -> Sequence[ContextFile]:
        """List a directory; with the passages in it, see ``is_passage``."""
        if directory not in self._listed:
            self._listed[directory] = tuple(self._scan(directory))
        return self._listed[directory]

    def is_passage(self, file: ContextFile) -> bool:
        """Say whether a directory is ignored itself, while something below it may not be."""
        return file.path in self._passages

    def exists(self, file: ContextFile) -> bool:
        """Say whether a file is really part of the tree: a passage is when something below it is."""
        return not self.is_passage(file) or any(map(self.exists, self.children(file.path)))

    def resolve(self, path: str) -> Resolved:
        """Follow a path and its links. None leads out of the root: ``..`` stops there, and ``/`` is it."""
        links: list[ContextFile] = []
        ahead = collections.deque(path.split("/"))
        file = self.root
        while ahead:
            step = ahead.popleft()
            if step in ("", "."):
                continue
            reached = file.path.rpartition("/")[0] if step == ".." else below(file.path, step)
            found = self.find(reached)
            if found is None:
                return Resolved(tuple(links), None, reached)
            if found.kind is not Kind.SYMLINK:
                file = found
                continue
            links.append(found)
            if len(links) > _LINKS_FOLLOWED:
                return Resolved(tuple(links), None)
            ahead.extendleft(reversed(found.target.split("/")))
            file = self.root if found.target.startswith("/") else file
        return Resolved(tuple(links), file) if self.exists(file) else Resolved(tuple(links), None, file.path)

    def _scan(self, directory: str) -> Iterator[ContextFile]:
        for entry in self.layers.entries(directory):
            file = self._entry(below(directory, entry.name), entry)
            if file is not None:
                yield file

    def _entry(self, path: str, entry: os.DirEntry[str]) -> ContextFile | None:
        if not self._admits(path, lambda: entry.is_dir(follow_symlinks=False)):
            return None
        try:
            return _file(path, entry.path, entry.stat(follow_symlinks=False))
        except FileNotFoundError:  # deleted since the directory was listed
            return None

    def _admits(self, path: str, is_directory: Callable[[], bool]) -> bool:
        if not self.ignore.matches(path):
            return True
        if not is_directory() or self.ignore.prunes(path):
            return False
        self._passages.add(path)
        return True


def _file(path: str, source: str, status: os.stat_result) -> ContextFile | None:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode):
        return ContextFile(path, source, Kind.REGULAR, mode, status.st_size, status.st_mtime_ns)
    if stat.S_ISDIR(status.st_mode):
        return ContextFile(path, source, Kind.DIRECTORY, mode, 0, status.st_mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        target = os.readlink(source)  # noqa: PTH115 -- Path would tidy the target up
        return ContextFile(path, source, Kind.SYMLINK, mode, 0, status.st_mtime_ns, target)
    return None
