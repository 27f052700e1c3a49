"""Reading a directory that is built from, for many requests, each file once."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

from pipeline_dsl.context.manifest import Manifest
from pipeline_dsl.context.reading import read_tree, unreadable
from pipeline_dsl.context.snapshot import Trace
from pipeline_dsl.context.trace import Tracer
from pipeline_dsl.context.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.context.digests import Digests
    from pipeline_dsl.context.selection import Selection
    from pipeline_dsl.context.tree import Asked, ContextFile, Tree
    from pipeline_dsl.context.unit import Unit

_LETTERS = {Kind.REGULAR: "f", Kind.DIRECTORY: "d", Kind.SYMLINK: "l"}


class Reader:
    """A tree, the digests of its files, and what was asked of them.

    Arguments:
        tree: what there is.
        digests: what is known of its files.
        looked: the time, in nanoseconds since 1970.
    """

    def __init__(self, tree: Tree, digests: Digests, looked: int) -> None:
        self._tree = tree
        self._digests = digests
        self._looked = looked
        self._asked: dict[str, Asked] = {}
        self._files: dict[str, tuple[ContextFile, ...]] = {}
        self._manifests: dict[str, Manifest] = {}

    def files(self, key: str, selections: Iterable[Selection]) -> tuple[ContextFile, ...]:
        """Find the files of a request.

        Raises:
            DefinitionError: as for ``read_context``.
        """
        if key not in self._files:
            asked = self._tree.watch()
            self._files[key] = read_tree(self._tree, selections)
            self._asked[key] = asked
        return self._files[key]

    def manifest(self, key: str, selections: Iterable[Selection]) -> Manifest:
        """Find the files of a request and read them.

        Raises:
            DefinitionError: as for ``read_context``, or a file cannot be read.
        """
        if key not in self._manifests:
            files = self.files(key, selections)
            try:
                self._manifests[key] = Manifest(map(self._entry, files))
            except OSError as error:
                from pipeline_dsl.errors import DefinitionError  # noqa: PLC0415 -- rarely needed

                raise DefinitionError([unreadable(error, self._tree.layers.root)]) from error
        return self._manifests[key]

    def traces(self) -> tuple[dict[str, Trace], Mapping[str, Unit]]:
        """Note what requests have found, and in which directories, unless something changed meanwhile."""
        tracer = Tracer(self._tree, self._digests, self._looked)
        traces: dict[str, Trace] = {}
        for key, manifest in self._manifests.items():
            if not any(file.source in self._digests.unsure for file in self._files[key]):
                # A time that is too far off cannot be packed.
                with contextlib.suppress(OSError, struct.error):
                    traces[key] = Trace(manifest.digest, tracer.units(self._asked[key]))
        return traces, tracer.whole

    def _entry(self, file: ContextFile) -> tuple[str, str, int, str]:
        if file.kind is Kind.REGULAR:
            return (file.path, "f", file.mode, self._digests.of(file).hex())
        return (file.path, _LETTERS[file.kind], 0 if file.target else file.mode, file.target)
