"""Dockerfiles: recipes written down for the Dockerfile front end that is built into Engine 20.10."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import syntax
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
from pipeline_dsl.image.recipe import recipe
from pipeline_dsl.image.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline_dsl.image.recipe import Recipe
    from pipeline_dsl.resolve import ResolvedVariant

OWN_DIRECTORY = ".pipeline-dsl"
"""Directory of the build context that holds what is not the author's."""

_SCRIPT_DIRECTORY = "/pipeline-dsl"
_OWNER = "$LIVES_UID:$LIVES_GID"


@dataclasses.dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile and what it needs.

    Arguments:
        text: the Dockerfile.
        target: name of the stage that becomes the image.
        images: references of the existing images that it starts or copies from.
        selections: the files of the build context that it takes.
    """

    text: str
    target: str
    images: tuple[str, ...]
    selections: tuple[Selection, ...]


def dockerfile(
    variants: Sequence[ResolvedVariant],
    labels: Mapping[str, str],
    environments: Mapping[str, Mapping[str, str]] | None = None,
) -> Dockerfile:
    """Write the Dockerfile of a variant, with one stage for each variant that it needs.

    Arguments:
        variants: the variant, after all that it takes files from.
        labels: labels of the image.
        environments: the variables that base images set, by the image's reference, as far as known. They
            are needed only where the path of a mount or a cache holds one.

    Raises:
        DefinitionError: a variant holds what a Dockerfile cannot express.
    """
    by_name = {variant.name: variant for variant in variants}
    known = environments or {}
    recipes = [recipe(variant, by_name, known.get(variant.base or "")) for variant in variants]
    writer = _Writer(_stage_names(by_name))
    blocks = [block for one in recipes for block in writer.stage(one)]
    blocks[-1] += "".join(f"{line}\n" for line in _image_settings(recipes[-1], labels))
    return Dockerfile(
        "\n".join(blocks),
        writer.stages[recipes[-1].variant],
        tuple(dict.fromkeys(writer.images)),
        tuple(writer.selections),
    )


def _stage_names(variants: Iterable[str]) -> dict[str, str]:
    """Name the stages: like the variants, but a Dockerfile does not tell upper case from lower."""
    names: dict[str, str] = {}
    for variant in variants:
        name, count = variant.lower(), 1
        while name in names.values():
            count += 1
            name = f"{variant.lower()}-{count}"
        names[variant] = name
    return names


def _image_settings(recipe: Recipe, labels: Mapping[str, str]) -> Iterator[str]:
    if recipe.instructions[0] != From(None):
        yield "HEALTHCHECK NONE"
    yield from (f"LABEL {name}={syntax.quoted(value)}" for name, value in sorted(labels.items()))


class _Writer:
    """Writes stages; keeps account of what they take from outside."""

    def __init__(self, stages: Mapping[str, str]) -> None:
        self.stages = stages
        self.images: list[str] = []
        self.selections: list[Selection] = []

    def stage(self, recipe: Recipe) -> Iterator[str]:
        """Write the stage of a recipe, after one for each script that it executes."""
        base = self._image(recipe.instructions[0])
        for instruction in recipe.instructions:
            if isinstance(instruction, ExecuteScript):
                yield _script_stage(base, instruction)
        lines = [f"# {recipe.variant}, {recipe.at}", f"FROM {base} AS {self.stages[recipe.variant]}"]
        if base != "scratch":
            lines.append('SHELL ["/bin/sh", "-c"]')
        try:
            for instruction in recipe.instructions[1:]:
                lines += self._instruction(instruction)
        except syntax.InexpressibleError as error:
            message = f'variant "{recipe.variant}": {error}.'
            raise DefinitionError([Problem("inexpressible", message, recipe.at, error.hint)]) from None
        yield "".join(f"{line}\n" for line in lines)

    def _image(self, start: Instruction) -> str:
        base = start.base if isinstance(start, From) else None
        return "scratch" if base is None else self._reference(base)

    def _reference(self, image: str) -> str:
        """Spell an image's reference so that it cannot be taken for a stage of the same name."""
        self.images.append(image)
        return f"{image}:latest" if image in self.stages.values() else image

    def _instruction(self, instruction: Instruction) -> Iterator[str]:  # noqa: C901 -- one flat case each
        match instruction:
            case User(uid, home):
                yield f"USER {uid}"
                yield f"ENV HOME={syntax.quoted(home)}"
            case Argument(name, None):
                yield f"ARG {name}"
            case Argument(name, str(default)):
                yield f"ARG {name}={syntax.quoted(default, literally=True)}"
            case Environment(name, value):
                yield f"ENV {name}={syntax.quoted(value)}"
            case WorkingDirectory(path):
                yield f"WORKDIR {path}"
            case Execute(commands, mounts):
                yield syntax.run(commands, self._mounts(mounts))
            case ExecuteScript(text, mounts):
                yield syntax.run([f"/{_digest(text)}/script"], [*self._mounts(mounts), _script_mount(text)])
            case WriteFile(path, text):
                yield syntax.run([*syntax.write(text, path), f"chmod 0644 {path}"])
            case CopyFiles():
                yield self._copy(instruction)
            case Entrypoint(arguments):
                yield f"ENTRYPOINT {syntax.array(arguments)}"
            case From():
                raise AssertionError("a recipe starts once")

    def _copy(self, files: CopyFiles) -> str:
        flags = [f"--from={self._place(files.place)}"] if not isinstance(files.place, Context) else []
        flags += [f"--chown={_OWNER}"] if files.owned else []
        sources = files.sources
        if isinstance(files.place, Context):
            sources = self._select(sources, files.exclude)
        elif files.exclude:
            raise syntax.InexpressibleError(
                "files of another variant or image cannot be copied with exclude yet",
                "Copy the paths that are wanted one by one.",
            )
        return f"COPY {' '.join([*flags, syntax.paths([*sources, files.destination])])}"

    def _select(self, sources: tuple[str, ...], exclude: tuple[str, ...]) -> tuple[str, ...]:
        """Have files sent with the context, away from their own places if some are to be left out."""
        prefix = f"{OWN_DIRECTORY}/files-{len(self.selections) + 1}" if exclude else ""
        self.selections.append(Selection(sources, exclude, prefix))
        return tuple(f"{prefix}/{source.removeprefix('.')}" if prefix else source for source in sources)

    def _place(self, place: Place) -> str:
        match place:
            case Built(variant):
                return self.stages[variant]
            case Existing(reference):
                return self._reference(reference)
            case Context():
                raise AssertionError("the context has no name")

    def _mounts(self, mounts: Iterable[Mount]) -> Iterator[str]:
        for mount in mounts:
            match mount:
                case BindMount(Context(), source, target):
                    path = source.strip("/") or "."
                    self.selections.append(Selection((path,)))
                    yield syntax.mount(type="bind", source=path, target=target, rw=None)
                case BindMount(place, source, target):
                    yield syntax.mount(
                        type="bind", **{"from": self._place(place)}, source=source, target=target, rw=None
                    )
                case CacheMount(cache, target, sharing, uid, gid):
                    owner = {"uid": str(uid), "gid": str(gid), "mode": "0755"}
                    yield syntax.mount(type="cache", id=cache, target=target, sharing=sharing, **owner)


def _script_stage(base: str, script: ExecuteScript) -> str:
    """Write a stage that holds a script and nothing else of note."""
    path = f"{_SCRIPT_DIRECTORY}/script"
    commands = [f"mkdir {_SCRIPT_DIRECTORY}", *syntax.write(script.text, path), f"chmod 0555 {path}"]
    lines = [f"FROM {base} AS {_script_name(script.text)}", 'SHELL ["/bin/sh", "-c"]', "USER 0"]
    return "".join(f"{line}\n" for line in [*lines, syntax.run(commands)])


def _script_mount(text: str) -> str:
    return syntax.mount(
        type="bind", **{"from": _script_name(text)}, source=_SCRIPT_DIRECTORY, target=f"/{_digest(text)}"
    )


def _script_name(text: str) -> str:
    return f"script-{_digest(text)[:12]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
