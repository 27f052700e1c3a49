"""A project as plain data, which is written to disk, changed, and written again."""

from __future__ import annotations

import dataclasses
import os
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHOW = (
    r"mkdir -p /tmp/out && { find . -printf '%p %y %m %U %G %l\n' | sort; "
    r'find . -type f | sort | while read -r f; do echo "== $f"; cat "$f" 2> /dev/null || echo unreadable; '
    r'done; cat /content; echo "$GREETING $WORD $*"; } > /tmp/out/shown; '
    r"ln -s shown /tmp/out/link; cat /tmp/out/shown"
)
"""Says of each file what it is and what is in it, and what it was given; a copy goes to /tmp/out."""

_TEXT = """
from pipeline_dsl import *

Project("{project}")
common = Variant(
    "common",
    base="{base}",
    arguments={{"LEVEL": "{level}"}},
    runs=Runs(insecurely=True, environment={{"GREETING": {greeting!r}}}),
)
library = Variant(
    "library",
    includes=[common],
    lives=Lives(directory="/srv/{lives}"),
    builder=Builder(command={command!r}, requirements=["library/"]),
)
box = Variant(
    "box",
    includes=[common],
    copies=[
        Copy("local", source="app/", destination="app/", exclude={excluded!r}),
        Copy(library, source="library/", destination="taken/", exclude={excluded_of_library!r}),
        Copy(library, source="level"),
    ],
    entrypoint=["sh", "-c", {show!r}, {name!r}],
)
late = Variant("late", base="scratch", copies=[Copy("local", source="out/", destination="/out/")])

{shown}
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=RUN, copy=[Artifact("/tmp/out/", destination="out/")])
after = Pipeline("after")
again = after.stage("again", build=box, run=RUN, copy=[Artifact("/tmp/out/", destination="out/")])
after.stage("late", build=late, after=[again])
"""


@dataclasses.dataclass(frozen=True)
class File:
    """Something in a directory.

    Arguments:
        content: of a file; of a link, where it leads; of a directory, nothing.
        kind: ``f``, ``l`` or ``d``.
        mode: its permissions; a link has none.
    """

    content: str = ""
    kind: str = "f"
    mode: int = 0o644


@dataclasses.dataclass(frozen=True)
class State:
    """A project, and what it is run with.

    Arguments:
        files: by path.
        ignored: lines of ``.dockerignore``.
        content: which of the base images the name of the base image stands for.
        level: default of the build argument.
        given: the build argument's value on the command line; none if empty.
        greeting: variable of the image.
        word: variable of the container.
        arguments: of the container.
        name: last word of the entrypoint.
        lives: where the files of ``library`` are.
        command: what builds ``library``.
        excluded: patterns of files that ``box`` does not take.
        excluded_of_library: patterns of files that ``box`` does not take from ``library``.
    """

    files: Mapping[str, File]
    ignored: tuple[str, ...] = (".pipeline", "**/*.log")
    content: int = 0
    level: str = "1"
    given: str = ""
    greeting: str = "hello"
    word: str = "word"
    arguments: tuple[str, ...] = ()
    name: str = "shows"
    lives: str = "library"
    command: tuple[str, ...] = ("sh", "-c", "echo $LEVEL > level")
    excluded: tuple[str, ...] = ()
    excluded_of_library: tuple[str, ...] = ()

    def text(self, project: str, base: str) -> str:
        """Give the pipeline file."""
        run = f"RUN = Run(arguments={list(self.arguments)!r}, environment={{'WORD': {self.word!r}}}, tail=-1)"
        return textwrap.dedent(_TEXT).format(
            project=project,
            base=base,
            level=self.level,
            greeting=self.greeting,
            lives=self.lives,
            command=list(self.command),
            excluded=list(self.excluded),
            excluded_of_library=list(self.excluded_of_library),
            show=SHOW,
            name=self.name,
            shown=run,
        )

    @property
    def words(self) -> list[str]:
        """What the command line says of the build argument."""
        return ["--build-arg", f"LEVEL={self.given}"] if self.given else []


FIRST = State(
    {
        "app": File(kind="d", mode=0o755),
        "app/main": File("main\n"),
        "app/tool": File("#!/bin/sh\n", mode=0o755),
        "app/link": File("main", kind="l"),
        "app/deep": File(kind="d", mode=0o755),
        "app/deep/file": File("deep\n"),
        "app/deep/\udcff name": File("odd\n"),
        "app/trace.log": File("ignored\n"),
        "library": File(kind="d", mode=0o755),
        "library/one": File("one\n"),
        "library/two": File("two\n"),
        "notes": File(kind="d", mode=0o755),
        "notes/text": File("nobody copies this\n"),
    }
)


def write(state: State, root: Path, project: str, base: str) -> None:
    """Make a directory what a state says; what is so already is not touched."""
    wanted = {
        **state.files,
        ".pipeline": File(kind="d", mode=0o755),
        ".pipeline/pipeline.py": File(state.text(project, base)),
        ".dockerignore": File("".join(f"{line}\n" for line in state.ignored)),
    }
    for path in sorted(_present(root), reverse=True):
        if path not in wanted or read(root, path).kind != wanted[path].kind:
            _remove(root / path)
    for path in sorted(wanted):
        if not os.path.lexists(root / path) or read(root, path) != wanted[path]:
            put(root / path, wanted[path])


def put(place: Path, file: File) -> None:
    """Make what is at a place what it is to be."""
    match file.kind:
        case "l":
            place.unlink(missing_ok=True)
            place.symlink_to(file.content)
            return
        case "d":
            place.mkdir(exist_ok=True, parents=True)
        case _:
            place.write_bytes(file.content.encode(errors="surrogateescape"))
    place.chmod(file.mode)


def read(root: Path, path: str) -> File:
    """Say what is at a place."""
    place = root / path
    if place.is_symlink():
        return File(str(place.readlink()), "l")
    mode = place.stat().st_mode & 0o7777
    if place.is_dir():
        return File(kind="d", mode=mode)
    return File(place.read_bytes().decode(errors="surrogateescape"), "f", mode)


def _present(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if "__pycache__" not in path.parts)
    return [str(path.relative_to(root)) for path in found]


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        for inner in place.iterdir():  # what is left is Python's own
            _remove(inner)
        place.rmdir()
    else:
        place.unlink()
