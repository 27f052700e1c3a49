"""The writer of Dockerfiles: each recipe becomes a stage, each instruction a line or a few."""

from __future__ import annotations

import functools
import hashlib
import posixpath
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import syntax
from pipeline_dsl.image.exclusion import removal
from pipeline_dsl.image.instructions import (
    Argument,
    BindMount,
    Built,
    CacheMount,
    Context,
    CopyFiles,
    Entrypoint,
    Environment,
    Execute,
    ExecuteScript,
    Existing,
    From,
    Instruction,
    Mount,
    Place,
    User,
    WorkingDirectory,
    WriteFile,
)
from pipeline_dsl.image.naming import Naming
from pipeline_dsl.image.selection import Selections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline_dsl.image.recipe import Recipe

_SCRIPT_DIRECTORY = "/pipeline-dsl"
_SCRIPT_TARGET = "/dev/pipeline-dsl"
"""Where a script is while it runs: on no disk, so that not even the directory is left in the image."""

_OWNER = "$LIVES_UID:$LIVES_GID"


class Writer:
    """Writes stages; keeps account of what they take from outside.

    Arguments:
        stages: names of the stages by variant.
        pieces: directories of the build context that hold what is in another one of it, by that one.
    """

    def __init__(self, stages: Mapping[str, str], pieces: Mapping[str, Sequence[str]]) -> None:
        self.naming = Naming()
        self._stages = stages
        self._pieces = pieces
        self.images: dict[str, None] = {}
        self.selections = Selections()
        self._stage_names = {*stages.values()}
        self._helpers: set[str] = set()
        self._without_shell: set[str] = set()

    def stage(self, recipe: Recipe, labels: Mapping[str, str] | None) -> Iterator[str]:
        """Write the stage of a recipe, after one for each script that it executes.

        Arguments:
            recipe: the recipe.
            labels: labels of the image; None for a stage that others only take files from.

        Raises:
            DefinitionError: the recipe holds what a Dockerfile cannot express.
        """
        try:
            yield from self._script_stages(recipe)
            yield from self._reduced_stages(recipe)
            yield "".join(f"{line}\n" for line in self._lines(recipe, labels))
        except syntax.InexpressibleError as error:
            message = f'variant "{recipe.variant}": {error}.'
            raise DefinitionError([Problem("inexpressible", message, recipe.at, error.hint)]) from None

    def _lines(self, recipe: Recipe, labels: Mapping[str, str] | None) -> Iterator[str]:
        base = self._base(recipe)
        if base == "scratch":
            self._without_shell.add(recipe.variant)
        yield self.naming.mark(f"# {recipe.variant}, {recipe.at}")
        yield f"FROM {base} AS {self._stage(recipe.variant)}"
        if base != "scratch":
            yield 'SHELL ["/bin/sh", "-c"]'
        for instruction in recipe.instructions[1:]:
            yield from self._instruction(instruction)
        if labels is None:
            return
        if base != "scratch":
            yield "HEALTHCHECK NONE"
        yield from (self._label(name, labels[name]) for name in sorted(labels))

    def _label(self, name: str, value: str) -> str:
        """Write a label. The version of what made an image says nothing of the image."""
        written = syntax.quoted(value)
        return f"LABEL {name}={self.naming.mark(written) if name.endswith('.version') else written}"

    def _stage(self, variant: str) -> str:
        return self.naming.mark(self._stages[variant])

    def _script_stages(self, recipe: Recipe) -> Iterator[str]:
        """Write a stage for each script, with nothing else of note."""
        path = f"{_SCRIPT_DIRECTORY}/script"
        for script in recipe.instructions:
            if isinstance(script, ExecuteScript):
                make = (
                    f"mkdir -p {_SCRIPT_DIRECTORY}",
                    *syntax.write(script.text, path),
                    f"chmod 0555 {path}",
                )
                what = f"script of {recipe.variant}, {recipe.at}"
                yield from self._helper_stage(what, self._base(recipe), _script_name(script.text), make)

    def _reduced_stages(self, recipe: Recipe) -> Iterator[str]:
        """Write a stage for each place that files are copied from of which some are left out."""
        for files in recipe.instructions:
            if not isinstance(files, CopyFiles) or not _is_reduced(files):
                continue
            if isinstance(files.place, Built) and files.place.variant in self._without_shell:
                raise syntax.InexpressibleError(
                    f'nothing can be excluded from variant "{files.place.variant}", which has no base',
                    "Copy the paths that are wanted one by one.",
                )
            remove = tuple(removal(files.sources, files.exclude)) or ("true",)
            what = f"files for {recipe.variant}, {recipe.at}"
            yield from self._helper_stage(what, self._place(files.place), _reduced_name(files), remove)

    def _helper_stage(self, what: str, origin: str, name: str, commands: Sequence[str]) -> Iterator[str]:
        """Write a stage that others use, unless it is there; its name says all that it holds."""
        if name in self._helpers:
            return
        self._helpers.add(name)
        shell = 'SHELL ["/bin/sh", "-c"]'
        start = f"FROM {origin} AS {self.naming.mark(name)}"
        lines = (self.naming.mark(f"# {what}"), start, shell, "USER 0", syntax.run(commands))
        yield "".join(f"{line}\n" for line in lines)

    def _base(self, recipe: Recipe) -> str:
        start = recipe.instructions[0]
        base = start.base if isinstance(start, From) else None
        return "scratch" if base is None else self._reference(base)

    def _reference(self, image: str) -> str:
        """Spell an image's reference so that it is taken neither for a stage's name nor for its number."""
        self.images[image] = None
        is_ambiguous = image in self._stage_names or image.isdecimal()
        return self.naming.mark(f"{image}:latest" if is_ambiguous else image)

    def _instruction(self, instruction: Instruction) -> Iterable[str]:
        match instruction:
            case Execute(commands, mounts) if mounts:
                return (syntax.run(commands, self._mounts(mounts)),)
            case ExecuteScript(text, mounts):
                script = self._script_mount(text)
                return (syntax.run([f"{_SCRIPT_TARGET}/script"], [*self._mounts(mounts), script]),)
            case CopyFiles():
                return self._copy(instruction)
            case _:
                return _independent(instruction)

    def _copy(self, files: CopyFiles) -> Iterator[str]:
        flags = [f"--chown={_OWNER}"] if files.owned else []
        copied = [files.sources]
        if isinstance(files.place, Context):
            found = self.selections.select(files.sources, files.exclude)
            copied = [(f"{piece}/",) for piece in self._pieces.get(found[0].rstrip("/"), ())] or [found]
        else:
            is_reduced = _is_reduced(files)
            place = self.naming.mark(_reduced_name(files)) if is_reduced else self._place(files.place)
            flags.insert(0, f"--from={place}")
        for sources in copied:
            yield f"COPY {' '.join([*flags, syntax.paths([*sources, files.destination])])}"

    def _place(self, place: Place) -> str:
        match place:
            case Built(variant):
                return self._stage(variant)
            case Existing(reference):
                return self._reference(reference)
            case Context():
                raise AssertionError("the context has no name")

    def _mounts(self, mounts: Iterable[Mount]) -> Iterator[str]:
        for mount in mounts:
            match mount:
                case BindMount(Context(), source, target):
                    found = self.selections.mount(source)
                    yield syntax.mount(type="bind", source=found, target=target, rw=None)
                case BindMount(place, source, target):
                    origin = {"from": self._place(place)}
                    yield syntax.mount(type="bind", **origin, source=source, target=target, rw=None)
                case CacheMount(cache, target, sharing, uid, gid):
                    access = {"sharing": sharing, "uid": uid, "gid": gid, "mode": "0755"}
                    yield syntax.mount(type="cache", id=cache or target, target=target, **access)

    def _script_mount(self, text: str) -> str:
        origin = {"from": self.naming.mark(_script_name(text))}
        return syntax.mount(type="bind", **origin, source=_SCRIPT_DIRECTORY, target=_SCRIPT_TARGET)


@functools.lru_cache(1000)
def _independent(instruction: Instruction) -> tuple[str, ...]:  # the same in most variants of a project
    """Write an instruction that says the same wherever it stands."""
    match instruction:
        case User(uid, home):
            return f"USER {uid}", f"ENV HOME={syntax.expanding(home)}"
        case Argument(name, None):
            line = f"ARG {name}"
        case Argument(name, str(default)):
            line = f"ARG {name}={syntax.quoted(default)}"
        case Environment(name, value, expands):
            line = f"ENV {name}={syntax.expanding(value) if expands else syntax.quoted(value)}"
        case WorkingDirectory(path):
            line = f"WORKDIR {syntax.directory(path)}"
        case Execute(commands, ()):
            line = syntax.run(commands)
        case WriteFile(path, text):
            parent = f"mkdir -p {posixpath.dirname(path)}"
            line = syntax.run([parent, *syntax.write(text, path), f"chmod 0644 {path}"])
        case Entrypoint(arguments):
            line = f"ENTRYPOINT {syntax.array(arguments)}"
        case _:
            raise AssertionError("a recipe starts once")
    return (line,)


def _is_reduced(files: CopyFiles) -> bool:
    return bool(files.exclude) and not isinstance(files.place, Context)


def _reduced_name(files: CopyFiles) -> str:
    described = repr((files.place, files.sources, files.exclude))
    return f"files-{hashlib.sha256(described.encode()).hexdigest()[:12]}"


def _script_name(text: str) -> str:
    return f"script-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
