"""A directory that others may have written to before, and that nothing written here ever leaves."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

_CHUNK = 1 << 18
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_DIRECTORY = 0o755
"""Permissions of a directory that nobody asked for, whatever the umask: an image may hold it."""

_OWN_FILE, _OWN_DIRECTORY = 0o400, 0o700
"""Permissions that we keep in any case: what was root's is ours now."""


@dataclasses.dataclass(frozen=True)
class Attributes:
    """What a file or directory keeps of what it was.

    Arguments:
        mode: permission bits; set-user-id and the like are dropped.
        mtime_ns: time of its last change, in nanoseconds since 1970.
    """

    mode: int
    mtime_ns: int


class Directory:
    """Writes below a directory; a link or a file where a directory has to be makes way for one.

    Each step of a path is opened by itself, from the one above it, and no link is followed. Paths are
    relative, clean, and without ``..``. All methods raise OSError.

    Arguments:
        path: the directory; links on the way to it are followed.
    """

    def __init__(self, path: Path) -> None:
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def write(self, path: str, content: Iterable[bytes], attributes: Attributes) -> None:
        """Write a file, in the place of another file or a link; not of a directory.

        Raises:
            IsADirectoryError: there is a directory.
        """
        with self._parent(path) as (parent, name):
            _make_way(parent, name, path)
            descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=parent)
            try:
                with open(descriptor, "wb") as file:  # noqa: PTH123 -- no path
                    file.writelines(content)
                    file.flush()
                    os.fchmod(descriptor, attributes.mode & 0o777 | _OWN_FILE)
                    os.utime(descriptor, ns=(attributes.mtime_ns, attributes.mtime_ns))
            except BaseException:
                os.unlink(name, dir_fd=parent)
                raise

    def link(self, path: str, target: str) -> None:
        """Write a symbolic link, in the place of a file or another link; not of a directory.

        Raises:
            IsADirectoryError: there is a directory.
        """
        with self._parent(path) as (parent, name):
            _make_way(parent, name, path)
            os.symlink(target, name, dir_fd=parent)

    def make(self, path: str) -> None:
        """Make a directory and those above it, or take those that are there; the root is the empty path."""
        os.close(self._open(path))

    def settle(self, path: str, attributes: Attributes) -> None:
        """Give a directory its attributes, once nothing more is written into it."""
        descriptor = self._open(path)
        try:
            os.fchmod(descriptor, attributes.mode & 0o777 | _OWN_DIRECTORY)
            os.utime(descriptor, ns=(attributes.mtime_ns, attributes.mtime_ns))
        finally:
            os.close(descriptor)

    def read(self, path: str) -> Iterator[bytes]:
        """Read a file."""
        with self._parent(path) as (parent, name):
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
            with open(descriptor, "rb") as file:  # noqa: PTH123 -- no path
                while piece := file.read(_CHUNK):
                    yield piece

    @contextlib.contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        above, _, name = path.rpartition("/")
        descriptor = self._open(above)
        try:
            yield descriptor, name
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> int:
        descriptor = os.dup(self._root)
        for name in path.split("/") if path else ():
            try:
                below = _descend(descriptor, name)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor


def merge(source: Path, target: Path) -> None:
    """Move what is in one directory into another: directories unite, all else replaces what is there.

    Arguments:
        source: the directory that is emptied.
        target: the other, on the same file system; nobody else writes to it.
    """
    with os.scandir(source) as entries:
        for entry in list(entries):
            place = target / entry.name
            if entry.is_dir(follow_symlinks=False) and is_directory(place):
                merge(Path(entry.path), place)
            else:
                _remove(place)
                os.rename(entry.path, place)  # noqa: PTH104 -- as scandir gives it


def is_directory(path: Path) -> bool:
    """Say whether there is a directory, not a link to one."""
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if is_directory(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _descend(parent: int, name: str) -> int:
    try:
        return os.open(name, _DIRECTORY, dir_fd=parent)
    except FileNotFoundError:
        pass
    except OSError:
        if not _is_other(parent, name):
            raise
        os.unlink(name, dir_fd=parent)
    os.mkdir(name, dir_fd=parent)
    made = os.open(name, _DIRECTORY, dir_fd=parent)
    os.fchmod(made, _NEW_DIRECTORY)
    return made


def _is_other(parent: int, name: str) -> bool:
    """Say whether something is no directory."""
    return not stat.S_ISDIR(os.lstat(name, dir_fd=parent).st_mode)


def _make_way(parent: int, name: str, path: str) -> None:
    try:
        is_other = _is_other(parent, name)
    except FileNotFoundError:
        return
    if not is_other:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    os.unlink(name, dir_fd=parent)
