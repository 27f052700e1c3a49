"""Noting what a tree was asked, and what it answered."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from typing import TYPE_CHECKING

from pipeline_dsl.context.content import is_racy
from pipeline_dsl.context.digests import signature
from pipeline_dsl.context.layers import below
from pipeline_dsl.context.tree import Kind
from pipeline_dsl.context.unit import FULL, IGNORED, MODE, MODES, RACY, SIGNATURE, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_dsl.context.digests import Digests
    from pipeline_dsl.context.tree import Asked, ContextFile, Tree


class Tracer:
    """Makes units of what a tree was asked; of each directory that was listed, one for all.

    Arguments:
        tree: the tree; with a single layer.
        digests: the digests of the files that were read.
        looked: when the tree was made, in nanoseconds since 1970.
    """

    def __init__(self, tree: Tree, digests: Digests, looked: int) -> None:
        self._tree = tree
        self._digests = digests
        self._looked = looked
        self._whole: dict[str, Unit] = {}

    @property
    def whole(self) -> Mapping[str, Unit]:
        """The units of directories that were listed, by their places on disk."""
        return {unit.place: unit for unit in self._whole.values()}

    def units(self, asked: Asked) -> tuple[Unit, ...]:
        """Note what was asked for one request.

        Raises:
            OSError: something was missing, or has changed since: what the tree answered is no use.
        """
        single = sorted(path for path in asked.paths if path.rpartition("/")[0] not in asked.directories)
        return (
            *map(self._listed, sorted(asked.directories)),
            *(
                self._looked_for(directory, list(paths))
                for directory, paths in itertools.groupby(single, lambda path: path.rpartition("/")[0])
            ),
        )

    def _listed(self, directory: str) -> Unit:
        if directory not in self._whole:
            self._whole[directory] = self._unchanged(directory) or self._noted(directory)
        return self._whole[directory]

    def _unchanged(self, directory: str) -> Unit | None:
        """Give what an earlier run has noted, unless more of its files are known now."""
        unit = self._tree.unchanged.get(self._place(directory))
        return None if unit is None or unit.place in self._digests.learned else unit

    def _noted(self, directory: str) -> Unit:
        notes = _Notes(self._digests, self._looked)
        files = self._tree.listed(directory)
        names = self._tree.names[directory]
        for name in names:
            path = below(directory, name)
            if path in files:
                notes.add(files[path])
            elif self._tree.ignore.prunes(path):
                notes.add_ignored()
            else:
                notes.add_mode(self._shut(path))
        return notes.unit(self._place(directory), names, is_whole=True)

    def _looked_for(self, directory: str, paths: Sequence[str]) -> Unit:
        notes = _Notes(self._digests, self._looked)
        for path in paths:
            file = self._tree.found(path)
            if file is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            notes.add(file)
        names = [path.rpartition("/")[2] for path in paths]
        return notes.unit(self._place(directory), names, is_whole=False)

    def _place(self, path: str) -> str:
        return below(self._tree.layers.root, path)

    def _shut(self, path: str) -> int:
        """Give the mode of what is no part of the tree: for its kind, or because it is ignored."""
        mode = os.lstat(self._place(path)).st_mode
        ignore = self._tree.ignore
        if stat.S_ISDIR(mode):
            is_shut = ignore.prunes(path)
        else:
            is_shut = ignore.matches(path) or not (stat.S_ISREG(mode) or stat.S_ISLNK(mode))
        if not is_shut:
            raise OSError(errno.ESTALE, "it has been replaced by something else", path)
        return mode


class _Notes:
    """Collects what is known of the files of one directory."""

    def __init__(self, digests: Digests, looked: int) -> None:
        self._digests = digests
        self._looked = looked
        self._classes = bytearray()
        self._signatures: list[bytes] = []
        self._contents: list[bytes] = []
        self._modes: list[bytes] = []

    def add(self, file: ContextFile) -> None:
        """Note all of a file whose content is known, and kind and mode of others."""
        signed = signature(file)
        digest = None if file.kind is Kind.DIRECTORY else self._digests.known(file, signed)
        if digest is None:
            self.add_mode(signed[-1])
            return
        self._classes.append(RACY if is_racy(signed, self._looked) else FULL)
        self._signatures.append(SIGNATURE.pack(*signed))
        self._contents.append(digest)

    def add_mode(self, mode: int) -> None:
        """Note kind and mode of a file."""
        self._classes.append(MODE)
        self._modes.append(MODES.pack(mode))

    def add_ignored(self) -> None:
        """Note that of a file there is nothing to be noted."""
        self._classes.append(IGNORED)

    def unit(self, place: str, names: Sequence[str], *, is_whole: bool) -> Unit:
        """Give all."""
        return Unit(
            place,
            is_whole=is_whole,
            names=names,
            classes=bytes(self._classes),
            signatures=b"".join(self._signatures),
            digests=b"".join(self._contents),
            modes=b"".join(self._modes),
        )
