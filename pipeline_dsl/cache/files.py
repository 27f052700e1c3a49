"""Writing and removing the files of a store, each of them whole."""

# pathlib takes longer to load than a run takes to read all of its records.
# ruff: noqa: PTH103, PTH105, PTH108, PTH112, PTH116, PTH119, PTH120, PTH123
from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.cache import gate, layout

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC

_BLOCK = 512
"""The unit of ``st_blocks``, whatever a file system's own blocks are."""


class File(NamedTuple):
    """A file of a store, as it was when it was looked at.

    Arguments:
        path: where it is.
        status: what the operating system said of it.
    """

    path: str
    status: os.stat_result

    @property
    def name(self) -> str:
        """Its name in its directory."""
        return os.path.basename(self.path)

    @property
    def directory(self) -> str:
        """The directory that it is in."""
        return os.path.dirname(self.path)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.status.st_blocks * _BLOCK

    @property
    def used_ns(self) -> int:
        """When it was used last, in nanoseconds since 1970."""
        return self.status.st_mtime_ns

    def is_unchanged(self) -> bool:
        """Tell whether it has been neither used nor replaced nor removed since."""
        try:
            now = os.lstat(self.path)
        except FileNotFoundError:
            return False
        return os.path.samestat(now, self.status) and now.st_mtime_ns == self.used_ns


def read(path: str) -> tuple[bytes, os.stat_result] | None:
    """Read a file, and say which one that was; None if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall(), os.fstat(file.fileno())
    except OSError:
        return None


@contextlib.contextmanager
def temporary(root: str) -> Iterator[tuple[str, int]]:
    """Make a file that is gone in the end, unless it has been moved: its path, and its descriptor."""
    path = f"{layout.directory(root, layout.TEMPORARY)}/{os.urandom(12).hex()}"
    file = create(path)
    try:
        yield path, file
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
        os.close(file)


def create(path: str) -> int:
    """Make a file that is not there, and its directory if need be; give its descriptor."""
    try:
        return os.open(path, _FLAGS, layout.FILE_MODE)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), layout.DIRECTORY_MODE, exist_ok=True)
        return os.open(path, _FLAGS, layout.FILE_MODE)


def replace(root: str, path: str, data: bytes, time_ns: int) -> None:
    """Write a file such that everyone finds the old one or all of the new one; the gate is held.

    Arguments:
        root: the store.
        path: the file.
        data: what it is to hold.
        time_ns: the time of its use, in nanoseconds since 1970.

    Raises:
        OSError: it cannot be written.
    """
    with temporary(root) as (temporary_path, file):
        write(file, data)
        move(temporary_path, file, path, time_ns)


def write(file: int, data: bytes) -> None:
    """Write all of the data."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def move(origin: str, file: int, path: str, time_ns: int) -> None:
    """Put a temporary file into its place; the gate is held."""
    os.utime(file, ns=(time_ns, time_ns))
    try:
        os.replace(origin, path)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), layout.DIRECTORY_MODE, exist_ok=True)
        os.replace(origin, path)


def discard(root: str, path: str, status: os.stat_result) -> None:
    """Remove a damaged file, if it can be done, and if nobody has put another one into its place."""
    with contextlib.suppress(OSError), gate.exclusive(root):
        if os.path.samestat(os.stat(path), status):
            os.unlink(path)


def sizes(root: str) -> dict[str, int]:
    """Give what all files and directories of a store take on disk, the store's own directory included."""
    own = [File(root, os.lstat(root))] if os.path.isdir(root) else []
    return {file.path: file.size for file in (*own, *walk(root, with_directories=True))}


def usage(root: str) -> int:
    """Add up what a store takes on disk, as ``du`` does."""
    return sum(sizes(root).values())


def walk(directory: str, *, with_directories: bool = False) -> Iterator[File]:
    """Find all files below a directory; those that go away meanwhile are left out."""
    try:
        listed = list(os.scandir(directory))
    except OSError:
        return
    for each in listed:
        try:
            file = File(each.path, each.stat(follow_symlinks=False))
        except FileNotFoundError:
            continue
        is_directory = stat.S_ISDIR(file.status.st_mode)
        if with_directories or not is_directory:
            yield file
        if is_directory:
            yield from walk(each.path, with_directories=with_directories)
