"""The build context: the files that the copies of a Dockerfile take, and no others."""

from __future__ import annotations

import itertools
import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from pipeline_dsl.context import wildcard
from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.layers import Layers, ignore_bytes
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.context.tree import ContextFile, Kind, Resolved, Tree
from pipeline_dsl.context.wildcard import MalformedError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pipeline_dsl.errors import DefinitionError, Problem

# What tells that something is wrong is imported where something is: a run that only reads does without.
# ruff: noqa: PLC0415

__all__ = ["ContextFile", "Kind", "Selection", "load_ignore", "read_context"]


def load_ignore(root: Path) -> Ignore:
    """Read the ``.dockerignore`` of a directory; without one, nothing is ignored.

    Arguments:
        root: the directory.

    Raises:
        DefinitionError: a pattern in it is malformed, or it cannot be read.
    """
    try:
        return parse_ignore(ignore_bytes(os.fspath(root)))
    except OSError as error:
        raise _error([unreadable(error, os.fspath(root))]) from error


def parse_ignore(content: bytes) -> Ignore:
    """Take the content of a ``.dockerignore``.

    Raises:
        DefinitionError: a pattern in it is malformed.
    """
    text = content.decode("utf-8", "surrogateescape")
    return Ignore.parse(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_context(
    root: Path, selections: Iterable[Selection], ignore: Ignore, overlays: Sequence[Path] = ()
) -> tuple[ContextFile, ...]:
    """Find the files of a build context.

    Only directories that some selection needs are read. A source means what it means to COPY: a file, a
    directory for all below it, wildcards in each of its names. A link on the way to it is followed inside
    the root, and then both the link and what it leads to are part of the context; below a prefix, what it
    leads to takes the link's place. What is excluded is named from the directory that is copied; a source
    that is a file is not subject to it.

    Arguments:
        root: the directory that is built from.
        selections: what the Dockerfile copies.
        ignore: what is not there for it; see ``load_ignore``.
        overlays: directories whose files lie over those of the root, the last one on top; see ``Layers``.
            What is ignored is ignored in them, too.

    Returns:
        Every file once, with the directories above it, sorted by path: a directory precedes what is in it.

    Raises:
        DefinitionError: sources are missing, ignored or malformed, with a problem for each; or a file or
            directory cannot be read.
    """
    return read_tree(
        Tree(Layers(os.fspath(root), [os.fspath(each) for each in overlays]), ignore), selections
    )


def read_tree(tree: Tree, selections: Iterable[Selection]) -> tuple[ContextFile, ...]:
    """Find the files of a build context in a tree, of which others may have read a part.

    Arguments:
        tree: what there is.
        selections: what the Dockerfile copies.

    Returns:
        As ``read_context``.

    Raises:
        DefinitionError: as for ``read_context``.
    """
    files: dict[str, ContextFile] = {}
    problems: dict[Problem, None] = {}
    try:
        for selection in selections:
            files |= _taken(tree, selection, problems)
    except OSError as error:
        raise _error([unreadable(error, tree.layers.root)]) from error
    if problems:
        raise _error(problems)
    return tuple(map(files.__getitem__, sorted(files)))


class _Wanted(NamedTuple):
    """A path that a source stands for; ``whole`` unless it is where wildcards only look around."""

    path: str
    whole: bool


def _taken(tree: Tree, selection: Selection, problems: dict[Problem, None]) -> dict[str, ContextFile]:
    """Take the files of one selection, by their paths in the context; note what is wrong in ``problems``."""
    exclude = Ignore.of(selection.exclude)
    taken: dict[str, ContextFile] = {}
    for source in selection.sources:
        try:
            wanted = list(_expanded(tree, source))
        except MalformedError as reason:
            problems[_malformed(source, reason)] = None
            continue
        for each in wanted:
            found = tree.resolve(each.path)
            if found.file is None:
                from pipeline_dsl.context.absence import absence

                problems[absence(tree, each.path, found)] = None
                continue
            inside = _inside(tree, found.file, exclude) if each.whole else ()
            taken |= _placed(each.path, found, found.file, inside, selection.prefix)
    taken.pop("", None)
    return taken | _parents(tree, taken, selection.prefix)


def _expanded(tree: Tree, source: str) -> Iterator[_Wanted]:
    names = [] if source == "." else source.split("/")
    literal = list(itertools.takewhile(lambda name: not wildcard.has_wildcard(name), names))
    patterns = [wildcard.compiled(name) for name in names[len(literal) :]]
    base = "/".join(literal)
    yield _Wanted(base, whole=not patterns)
    start = tree.resolve(base).file
    if patterns and start is not None:
        yield from (
            _Wanted(posixpath.join(base, match), whole=True) for match in _matches(tree, start, patterns)
        )


def _matches(tree: Tree, start: ContextFile, patterns: Sequence[re.Pattern[str]]) -> Iterator[str]:
    """Find what matches below a directory, as paths from there. As in docker, links are not gone through."""
    if start.kind is not Kind.DIRECTORY:
        return
    for child in tree.children(start.path):
        name = posixpath.basename(child.path)
        if not patterns[0].fullmatch(name) or not tree.exists(child):
            continue
        if len(patterns) == 1:
            yield name
        else:
            yield from (f"{name}/{rest}" for rest in _matches(tree, child, patterns[1:]))


def _inside(tree: Tree, top: ContextFile, exclude: Ignore) -> Iterator[ContextFile]:
    """Walk through a directory, as far as it is not excluded; a regular file has nothing inside."""
    start = len(top.path) + 1 if top.path else 0
    pending = [top] if top.kind is Kind.DIRECTORY else []
    excludes = bool(exclude.patterns)
    while pending:
        for file in tree.children(pending.pop().path):
            inner = file.path[start:]
            excluded = excludes and exclude.matches(inner)
            if not excluded and not tree.is_passage(file):
                yield file
            if file.kind is Kind.DIRECTORY and not (excluded and exclude.prunes(inner)):
                pending.append(file)


def _placed(
    path: str, found: Resolved, top: ContextFile, inside: Iterable[ContextFile], prefix: str
) -> dict[str, ContextFile]:
    """Give files their place in the context: their own, or, below a prefix, that of ``path``."""
    if not prefix:
        return {file.path: file for file in itertools.chain(found.links, [top], inside)}
    goal = posixpath.join(prefix, path).rstrip("/")
    start = len(top.path) + 1 if top.path else 0
    moved = {f"{goal}/{file.path[start:]}": file for file in inside}
    return {place: ContextFile(place, *file[1:]) for place, file in ({goal: top} | moved).items()}


def _parents(tree: Tree, taken: Iterable[str], prefix: str) -> dict[str, ContextFile]:
    """Find the directories above; those above the root, which a prefix makes, are like the root."""
    parents: dict[str, ContextFile] = {}
    for path in taken:
        parent = path.rpartition("/")[0]
        while parent and parent not in parents:
            original = tree.resolve(_unprefixed(parent, prefix)).file or tree.root
            parents[parent] = original._replace(path=parent)
            parent = parent.rpartition("/")[0]
    return parents


def _unprefixed(path: str, prefix: str) -> str:
    if not prefix:
        return path
    return path[len(prefix) + 1 :] if path.startswith(f"{prefix}/") else ""


def unreadable(error: OSError, root: str) -> Problem:
    """Say what of a build context cannot be read."""
    from pathlib import Path

    from pipeline_dsl.errors import Problem

    name = str(error.filename or root)
    if Path(name).is_relative_to(root):
        name = os.path.relpath(name, root)
    message = f'"{name}" in the build context cannot be read: {error.strerror}.'
    return Problem("context-unreadable", message, hint="Make it readable, or ignore it in .dockerignore.")


def _malformed(source: str, reason: MalformedError) -> Problem:
    from pipeline_dsl.errors import Problem

    return Problem("source-malformed", f'The source "{source}" {reason}.')


def _error(problems: Iterable[Problem]) -> DefinitionError:
    from pipeline_dsl.errors import DefinitionError

    return DefinitionError(problems)
