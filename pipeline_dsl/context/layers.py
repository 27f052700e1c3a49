"""Directories that lie over each other, seen as one: copied files over the directory that is built from."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


class Layers:
    """A directory, or several as one.

    Directories of the same path unite. All else hides what lies under it: a file another one, or a directory
    with all that is in it, and a directory a file. Paths are relative, with slashes; the root itself is the
    empty path.

    Arguments:
        root: the directory.
        overlays: those that lie over it, the last one on top.
    """

    def __init__(self, root: str, overlays: Sequence[str] = ()) -> None:
        self.root = root
        self._united = {"": (*reversed(overlays), root)}
        self.is_single = not overlays

    def place(self, path: str) -> str:
        """Say where a path is on disk; where nothing has it, where it would be in the lowest directory."""
        if self.is_single or not path:
            return below(self.root, path)
        places = [place for place, _ in self._statuses(path)]
        return places[0] if places else below(self.root, path)

    def status(self, path: str) -> tuple[str, os.stat_result] | None:
        """Say where a path is and what is there, without following a link; None if there is nothing."""
        if self.is_single:
            place = below(self.root, path)
            status = _status(place)
            return None if status is None else (place, status)
        return next(self._statuses(path), None)

    def entries(self, directory: str) -> Collection[os.DirEntry[str]]:
        """List a directory."""
        if self.is_single:
            return _listed(below(self.root, directory))
        found: dict[str, os.DirEntry[str]] = {}
        for layer in reversed(self._directories(directory)):
            found.update((entry.name, entry) for entry in _listed(layer))
        return found.values()

    def _directories(self, path: str) -> tuple[str, ...]:
        """Give the directories that unite in one, the topmost first; none where there is no directory."""
        if path not in self._united:
            found: list[str] = []
            for place, status in self._statuses(path):
                if not stat.S_ISDIR(status.st_mode):
                    break
                found.append(place)
            self._united[path] = tuple(found)
        return self._united[path]

    def _statuses(self, path: str) -> Iterator[tuple[str, os.stat_result]]:
        """Find a path in all directories that have it, the topmost first."""
        above, _, name = path.rpartition("/")
        for layer in self._directories(above):
            place = below(layer, name)
            status = _status(place)
            if status is not None:
                yield place, status


def below(directory: str, name: str) -> str:
    """Join two paths, either of which may be empty."""
    return f"{directory}/{name}" if directory and name else directory or name


def ignore_bytes(root: str) -> bytes:
    """Read the ``.dockerignore`` of a directory; empty without one.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with open(below(root, ".dockerignore"), "rb") as file:  # noqa: PTH123 -- a Path takes long to import
            return file.read()
    except FileNotFoundError:
        return b""


def _listed(place: str) -> list[os.DirEntry[str]]:
    with os.scandir(place) as entries:
        return list(entries)


def _status(place: str) -> os.stat_result | None:
    try:
        return os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
