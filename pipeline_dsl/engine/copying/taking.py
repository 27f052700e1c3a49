"""Taking files out of the tar file in which an engine packs them."""

from __future__ import annotations

import contextlib
import itertools
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.engine.copying.archive import Archive
from pipeline_dsl.engine.copying.directory import Attributes
from pipeline_dsl.engine.copying.links import stays_inside
from pipeline_dsl.errors import Problem, StepError

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Callable, Generator, Iterator

    from pipeline_dsl.engine.copying.directory import Directory
    from pipeline_dsl.engine.copying.limits import Budget
    from pipeline_dsl.engine.copying.source import Source

_NANOSECONDS = 1_000_000_000
_LAST_TIME = 1 << 34
"""In seconds since 1970, some five hundred years on; what is beyond, or before 1970, is no time of a file."""


class Taking:
    """A copy under way. Files are written as they come, links last: nothing is ever written through a link.

    Arguments:
        source: what is copied.
        fetch: gives a path of the container as the chunks of a tar file.
        place: says where to put it, a relative path, by whether it is a directory.
        directory: what is written into; empty as yet.
        budget: how much may be taken.
        skip: gets the path of what is left out, and why.
    """

    def __init__(  # noqa: PLR0913 -- whence, what, where to, and how much
        self,
        source: Source,
        fetch: Callable[[str], Generator[bytes]],
        place: Callable[[bool], str],
        directory: Directory,
        *,
        budget: Budget,
        skip: Callable[[str, str], None],
    ) -> None:
        self._source = source
        self._fetch = fetch
        self._place = place
        self._directory = directory
        self._budget = budget
        self._skip = skip
        self._regular: dict[str, int] = {}
        self._links: dict[str, str] = {}
        self._directories: dict[str, Attributes] = {}
        self._alone: list[str] = []
        self.goal = ""
        """Where what is copied goes."""

    @property
    def files(self) -> int:
        """How many files and links there are by now."""
        return len(self._regular) + len(self._links)

    def take(self) -> bool:
        """Take all that the source stands for, and say whether anything was there that can be taken.

        Raises:
            StepError: it is too much, it is not there, or it is no directory but has to be.
        """
        with contextlib.closing(self._fetch(self._source.path)) as chunks:
            archive = Archive(chunks)
            for inner, member in self._members(archive):
                self._budget.search(archive.count)
                if self._source.takes(inner, directory=member.isdir()):
                    self._take(inner, member, archive)
        for inner in self._alone:
            self._take_alone(inner)
        self._finish()
        return bool(self._regular or self._links or self._directories)

    def _members(self, archive: Archive) -> Iterator[tuple[str, tarfile.TarInfo]]:
        """Give the members by their paths below the first, which is what the engine was asked for."""
        members = iter(archive)
        for top in itertools.islice(members, 1):
            if not top.isdir() and (self._source.directory or self._source.pattern):
                message = f'there is nothing to copy in "{self._source.path}": it is not a directory.'
                raise StepError([Problem("nothing-to-copy", message)])
            self.goal = self._place(top.isdir())
            self._top = _steps(top.name)
            yield "", top
        for member in members:
            inner = self._inner(member.name)
            if inner:
                yield inner, member
            else:
                self._skip(member.name, "its path leads out of what is copied")

    def _inner(self, name: str) -> str:
        """Give the path below the first member; empty where it is not below."""
        steps = _steps(name)
        inside = steps[: len(self._top)] == self._top and ".." not in steps and "\0" not in name
        return "/".join(steps[len(self._top) :]) if inside else ""

    def _path(self, inner: str) -> str:
        return posixpath.join(self.goal, inner).rstrip("/")

    def _take(self, inner: str, member: tarfile.TarInfo, archive: Archive) -> None:
        self._budget.count(self._path(inner))
        if member.isreg():
            self._write(inner, archive.content(member), member.size, _attributes(member))
        elif member.isdir():
            self._directory.make(self._path(inner))
            self._directories[self._path(inner)] = _attributes(member)
        elif member.issym():
            self._links[inner] = member.linkname
        elif member.islnk():
            self._take_twin(inner, self._inner(member.linkname), _attributes(member))
        else:
            self._skip(inner, "it is neither a file, a directory nor a link")

    def _take_twin(self, inner: str, original: str, attributes: Attributes) -> None:
        """Take another name of a file as a file of its own."""
        if original in self._regular:
            content = self._directory.read(self._path(original))
            self._write(inner, content, self._regular[original], attributes)
        elif original in self._links:
            self._links[inner] = self._links[original]
        else:  # no wildcard matched its first name, with which its content came
            self._alone.append(inner)

    def _take_alone(self, inner: str) -> None:
        """Ask for a file by itself: its content then comes with its name."""
        with contextlib.closing(self._fetch(posixpath.join(self._source.path, inner))) as chunks:
            archive = Archive(chunks)
            member = next(iter(archive), None)
            if member is not None and member.isreg():
                self._write(inner, archive.content(member), member.size, _attributes(member))
            else:  # Docker finds no path that is not UTF-8
                self._skip(inner, "it is another name of a file, and the engine does not give it by itself")

    def _write(self, inner: str, content: Iterator[bytes], size: int, attributes: Attributes) -> None:
        self._budget.weigh(size)
        try:
            self._directory.write(self._path(inner), content, attributes)
        except IsADirectoryError:
            self._skip(inner, "a directory has the same name")
        else:
            self._regular[inner] = size
            self._links.pop(inner, None)

    def _finish(self) -> None:
        for inner, target in tuple(self._links.items()):
            if not self._link(inner, target):
                del self._links[inner]
        for path, attributes in reversed(self._directories.items()):
            if path:
                self._directory.settle(path, attributes)

    def _link(self, inner: str, target: str) -> bool:
        if not stays_inside(inner, target):
            self._skip(inner, f"it is a symbolic link that may lead out of what is copied, to {target!r}")
            return False
        try:
            self._directory.link(self._path(inner), target)
        except IsADirectoryError:
            self._skip(inner, "a directory has the same name")
            return False
        self._regular.pop(inner, None)
        return True


def _steps(name: str) -> list[str]:
    return [step for step in name.split("/") if step not in ("", ".")]


def _attributes(member: tarfile.TarInfo) -> Attributes:
    seconds = member.mtime if 0 <= member.mtime < _LAST_TIME else 0
    return Attributes(member.mode, int(seconds * _NANOSECONDS))
