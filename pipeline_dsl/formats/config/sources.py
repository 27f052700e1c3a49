"""The Blubber files that a config names, and those that stand inside it."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from typing import TYPE_CHECKING, Protocol, TypeAlias

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import blubber
from pipeline_dsl.formats.yaml import Mapping

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position
    from pipeline_dsl.formats.diagnosis import Diagnosis
    from pipeline_dsl.formats.yaml import Comment

Key: TypeAlias = str | Mapping
"""What tells Blubber files apart: a path, or what stands inside the config."""


class Files(Protocol):
    """Gives the files beside a config."""

    def display(self, path: str) -> str:
        """Name a file in messages."""

    def read(self, path: str) -> str | None:
        """Give what a file holds; None if there is none."""


@dataclasses.dataclass(frozen=True)
class Source:
    """A Blubber file.

    Arguments:
        name: what it is called in messages.
        prefix: what tells its variants from those of the same name in other files.
        document: what it holds.
    """

    name: str
    prefix: str
    document: Mapping


class Sources:
    """Gathers the Blubber files that stages build from, each once.

    Arguments:
        files: gives files.
        diagnosis: takes what is wrong with them.
    """

    def __init__(self, files: Files, diagnosis: Diagnosis) -> None:
        self._files = files
        self._diagnosis = diagnosis
        self._missing: set[str] = set()
        self.found: dict[Key, Source] = {}
        self.comments: dict[str, tuple[Comment, ...]] = {}

    def add_file(self, path: str, at: Position) -> Key | None:
        """Add a file; None if there is none, or it cannot be read.

        Arguments:
            path: where it is, from the directory of the config.
            at: the place that names it.
        """
        key = posixpath.normpath(path)
        if key in self.found:
            return key
        name = self._files.display(key)
        text = self._files.read(key)
        if text is None:
            message = f"there is no Blubber file {name}, which this builds from."
            self._diagnosis.error("missing-blubber-file", message, at)
            return None
        try:
            self.found[key] = Source(name, _prefix(key), blubber.parse(text, name))
        except DefinitionError as error:
            self._diagnosis.errors += error.problems
            return None
        self.comments[name] = blubber.remarks(text)
        return key

    def is_there(self, path: str) -> bool:
        """Tell whether there is a file."""
        return self._files.read(posixpath.normpath(path)) is not None

    def add_inline(self, document: Mapping, name: str) -> Key:
        """Add one that stands inside the config.

        Arguments:
            document: what it holds.
            name: what tells its variants from others.
        """
        self.found.setdefault(document, Source(f"the blubberfile of {name}", allowed(name), document))
        return document


def _prefix(path: str) -> str:
    folder, file = posixpath.split(path)
    stem = file.partition(".")[0]
    parts = [part for part in folder.split("/") if part.strip(".")]
    return allowed("-".join(parts if stem == "blubber" else [*parts, stem]))


def allowed(name: str) -> str:
    """Make a name that a variant's can start with, or nothing."""
    cleaned = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")
    return f"v{cleaned}" if cleaned[:1].isdecimal() else cleaned
