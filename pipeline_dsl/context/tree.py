"""The directory that is built from, as a build sees it: without what ``.dockerignore`` takes away."""

from __future__ import annotations

import collections
import enum
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context.content import signature_of
from pipeline_dsl.context.layers import Layers, below
from pipeline_dsl.context.unit import FULL, MODE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pipeline_dsl.context.content import Signature
    from pipeline_dsl.context.ignore import Ignore
    from pipeline_dsl.context.unit import Unit

_ROOT_MODE = 0o755
"""The root is not sent by docker; what it is on disk is of no consequence to an image."""

_PERMISSIONS = 0o7777

_LINKS_FOLLOWED = 255
"""As many as BuildKit follows before it takes them for a loop."""


class Kind(enum.Enum):
    """What a file is. Sockets, pipes and devices are not part of a build context."""

    REGULAR = "regular"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


class ContextFile(NamedTuple):
    """A file, directory or symbolic link of a build context.

    No dataclass: there may be many thousands, and each would take five times as long to make.

    Arguments:
        path: where it is in the context: relative, with slashes; bytes that are not UTF-8 as surrogates.
        source: where it is on disk.
        kind: what it is.
        mode: permission bits, set-user-id and the like included.
        size: bytes of a regular file; else 0.
        mtime_ns: time of its last change, in nanoseconds since 1970.
        target: what a symbolic link says, as it says it; else empty.
        ctime_ns: time of the last change of the file or of what is known about it, as ``mtime_ns``.
        inode: its number in the file system.
    """

    path: str
    source: str
    kind: Kind
    mode: int
    size: int
    mtime_ns: int
    target: str = ""
    ctime_ns: int = 0
    inode: int = 0


class Asked:
    """What was looked at in a tree, by paths.

    Attributes:
        directories: those that were listed.
        paths: files that were looked for, found or not.
    """

    def __init__(self) -> None:
        self.directories: set[str] = set()
        self.paths: set[str] = set()


class Resolved(NamedTuple):
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

    Every file is looked at once at most, so that whoever asks again gets the same answer. No directory is
    listed when all below it is ignored. Paths are relative to the root, with slashes; the root itself is the
    empty path.

    Arguments:
        layers: where they are on disk.
        ignore: what is not part of it.
        unchanged: what is known of directories, by their places on disk, that need not be listed for it;
            none if there are several layers.
    """

    def __init__(self, layers: Layers, ignore: Ignore, unchanged: Mapping[str, Unit] | None = None) -> None:
        self.root = ContextFile("", layers.root, Kind.DIRECTORY, _ROOT_MODE, 0, 0)
        self.layers = layers
        self.ignore = ignore
        self.unchanged = unchanged or {}
        self.names: dict[str, list[str]] = {}
        self._asked = Asked()
        self._listed: dict[str, tuple[ContextFile, ...]] = {}
        self._by_path: dict[str, dict[str, ContextFile]] = {}
        self._found: dict[str, ContextFile | None] = {}
        self._passages: set[str] = set()

    def watch(self) -> Asked:
        """Note from now on what is asked."""
        self._asked = Asked()
        return self._asked

    def find(self, path: str) -> ContextFile | None:
        """Look a path up, without following a link at its end."""
        if not path:
            return self.root
        self._asked.paths.add(path)
        if path not in self._found:
            self._found[path] = self._look_up(path)
        return self._found[path]

    def children(self, directory: str) -> Sequence[ContextFile]:
        """List a directory; with the passages in it, see ``is_passage``."""
        self._asked.directories.add(directory)
        if directory not in self._listed:
            unit = self.unchanged.get(self.layers.place(directory)) if self.unchanged else None
            self._listed[directory] = tuple(self._recall(directory, unit) if unit else self._scan(directory))
        return self._listed[directory]

    def listed(self, directory: str) -> Mapping[str, ContextFile]:
        """Give what ``children`` has given before, by path."""
        if directory not in self._by_path:
            self._by_path[directory] = {file.path: file for file in self._listed[directory]}
        return self._by_path[directory]

    def found(self, path: str) -> ContextFile | None:
        """Give what ``find`` has given before."""
        return self._found[path]

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

    def _look_up(self, path: str) -> ContextFile | None:
        directory = path.rpartition("/")[0]
        if directory in self._listed:
            return self.listed(directory).get(path)
        found = self.layers.status(path)
        if found is None:
            return None
        place, status = found
        is_directory = stat.S_ISDIR(status.st_mode)
        if self.ignore.matches(path) and not self._lets_through(path, is_directory=is_directory):
            return None
        return _file(path, place, signature_of(status))

    def _recall(self, directory: str, unit: Unit) -> Iterator[ContextFile]:
        """List a directory that is as it was; only what nobody has read in it is looked at."""
        self.names[directory] = list(unit.names)
        start = f"{directory}/" if directory else ""
        place = unit.place if unit.place.endswith("/") else f"{unit.place}/"
        signatures = unit.signed()
        for name, number in zip(unit.names, unit.classes, strict=True):
            if number == FULL:
                file = _file(start + name, place + name, next(signatures))
            elif number == MODE:
                file = self._look_up(start + name)
            else:
                continue
            if file is not None:
                yield file

    def _scan(self, directory: str) -> Iterator[ContextFile]:
        entries = self.layers.entries(directory)
        self.names[directory] = [entry.name for entry in entries]
        start = f"{directory}/" if directory else ""
        is_ignored = self.ignore.matches if self.ignore.patterns else None
        for entry in entries:
            path = start + entry.name
            if is_ignored and is_ignored(path):
                is_directory = entry.is_dir(follow_symlinks=False)
                if not self._lets_through(path, is_directory=is_directory):
                    continue
            try:
                file = _file(path, entry.path, signature_of(entry.stat(follow_symlinks=False)))
            except FileNotFoundError:  # deleted since the directory was listed
                continue
            if file is not None:
                yield file

    def _lets_through(self, path: str, *, is_directory: bool) -> bool:
        """Say whether something below an ignored path may not be ignored."""
        if not is_directory or self.ignore.prunes(path):
            return False
        self._passages.add(path)
        return True


def _file(path: str, source: str, signed: Signature) -> ContextFile | None:
    mtime_ns, ctime_ns, size, inode, mode = signed
    permissions = mode & _PERMISSIONS
    # By position, and without a table: there may be many thousands of files.
    if stat.S_ISREG(mode):
        return ContextFile(path, source, Kind.REGULAR, permissions, size, mtime_ns, "", ctime_ns, inode)
    if stat.S_ISDIR(mode):
        return ContextFile(path, source, Kind.DIRECTORY, permissions, 0, mtime_ns, "", ctime_ns, inode)
    if stat.S_ISLNK(mode):
        target = os.readlink(source)  # noqa: PTH115 -- Path would tidy the target up
        return ContextFile(path, source, Kind.SYMLINK, permissions, 0, mtime_ns, target, ctime_ns, inode)
    return None
