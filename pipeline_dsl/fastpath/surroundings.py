"""What a plan is worked out from: the command line, files, variables, and this package."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING

import pipeline_dsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FORMAT = 1
"""The version of the documents and of what they depend on."""

_PLACES = frozenset(
    {
        *("DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "HOME", "PYTHONPATH"),
        *("PIPELINE_DSL_CACHE_DIRECTORY", "PIPELINE_DSL_SETTINGS", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME"),
    }
)
"""Variables that say where something is on this machine."""

_OWN = ("PIPELINE_DSL_", "ZUUL_PIPELINE")
"""What the names of variables begin with that say what may be done, and how."""

_REPOSITORY = "PIPELINE_DSL_CACHE_REPOSITORY"
_USUAL = (".pipeline", "pipeline.py")
_ROOT, _HOME = "root:", "home:"


class Surroundings:
    """Where a command is given, and what else tells what it means.

    Arguments:
        words: the words after the program's name.
        environ: the variables of this process.
    """

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self._words = list(words)
        self._environ = environ
        self._directory = os.getcwd()

    @functools.cached_property
    def root(self) -> str:
        """The root directory of the project in which the command is given; empty where that is not simple."""
        above = self._directory
        while not os.path.isfile(os.path.join(above, *_USUAL)):
            if above == os.path.dirname(above):
                return ""
            above = os.path.dirname(above)
        is_elsewhere = any(word.startswith(("-C", "-f")) for word in self._words)
        return "" if is_elsewhere else above

    @functools.cached_property
    def fingerprint(self) -> str:
        """What tells the command from all that mean something else on this machine."""
        variables = [one for one in self._environ.items() if one[0] in _PLACES or one[0].startswith(_OWN)]
        return _digest([sys.version, _package_state(), self._directory, self._words, sorted(variables)])

    def shared_fingerprint(self) -> str:
        """Give what tells it from all that mean something else on any machine.

        It holds the content of the pipeline file, but not that of other files; those are compared later.
        """
        variables = [
            one for one in self._environ.items() if one[0].startswith(_OWN) and one[0] not in _PLACES
        ]
        place = os.path.relpath(self._directory, self.root)
        file = states([os.path.join(self.root, *_USUAL)])[0][1]
        version = sys.version_info[:2]
        return _digest([version, _package_content(), place, file, self._words, sorted(variables)])

    @property
    def repository(self) -> str:
        """The cache repository that the command names; empty if that is none, or it takes more to tell."""
        words = iter(self._words)
        for word in words:
            option, has_value, value = word.partition("=")
            if option == "--cache-repo":
                return value if has_value else next(words, "")
        return self._environ.get(_REPOSITORY, "")

    def portable(self, path: str) -> str:
        """Give a path as it is on all machines."""
        for mark, place in ((_ROOT, self.root), (_HOME, self._environ.get("HOME", ""))):
            if place and (path == place or path.startswith(f"{place}/")):
                return mark + path[len(place) + 1 :]
        return path

    def local(self, path: str) -> str:
        """Give a portable path as it is on this machine."""
        for mark, place in ((_ROOT, self.root), (_HOME, self._environ.get("HOME", ""))):
            if path.startswith(mark):
                return os.path.join(place, path.removeprefix(mark)).rstrip("/")
        return path


def states(paths: Iterable[str]) -> list[tuple[str, str]]:
    """Give the present state of files and directories, by their paths.

    The state of a file is its content, that of a directory the names in it.
    """
    return [(path, _state(path)) for path in paths]


def _state(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except IsADirectoryError:
        return json.dumps(sorted(name for name in os.listdir(path) if name != "__pycache__"))
    except OSError as error:
        return type(error).__name__


def _digest(told: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps([_FORMAT, *told]).encode()).hexdigest()


def _package_state() -> list[str | int]:
    """Give what changes when another version of this package is installed, or its source is edited."""
    newest = max(entry.stat().st_mtime_ns for entry in _sources())
    return [pipeline_dsl.__version__, *pipeline_dsl.__path__, newest]


def _package_content() -> str:
    """Give what is the same where the same version of this package is installed.

    It is told by the digests that an installer has recorded, unless a file is newer than these.
    """
    sources = list(_sources())
    return _digest(_recorded(sources) or sorted(_state(entry.path) for entry in sources))


def _recorded(sources: Sequence[os.DirEntry[str]]) -> list[str] | None:
    """Give the digests of the source files as they were installed; None if they may not be the same any more.

    Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    (package,) = pipeline_dsl.__path__
    folder, name = os.path.split(package)
    record = os.path.join(folder, f"{name}-{pipeline_dsl.__version__}.dist-info", "RECORD")
    try:
        with open(record, encoding="utf-8") as file:
            lines = sorted(line for line in file if line.startswith(f"{name}/") and ".py,sha256=" in line)
        installed = os.stat(record).st_mtime_ns
    except OSError:
        return None
    is_edited = any(entry.stat().st_mtime_ns > installed for entry in sources)
    return None if is_edited or len(lines) != len(sources) else lines


def _sources() -> Iterator[os.DirEntry[str]]:
    pending = list(pipeline_dsl.__path__)
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    yield entry
                elif "." not in entry.name and entry.name != "__pycache__":
                    pending.append(entry.path)
