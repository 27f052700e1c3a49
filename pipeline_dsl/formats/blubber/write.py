"""Writing Blubber files: from a project to v4, in the shortest form that a person would write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.formats.blubber.losses import losses
from pipeline_dsl.formats.blubber.shapes import (
    BUILDER_KINDS,
    COPIES,
    SETTINGS,
    VARIANT,
    AnyForm,
    Form,
    Keys,
    ListOf,
    Shape,
)
from pipeline_dsl.formats.order import texts
from pipeline_dsl.formats.yaml.dump import Data, dump
from pipeline_dsl.model import Image, Variant
from pipeline_dsl.model.definition import Definition, default, fields
from pipeline_dsl.resolve.expressions import expressions_in_code
from pipeline_dsl.resolve.variants import reachable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pipeline_dsl.model import Project

SYNTAX = "docker-registry.wikimedia.org/repos/releng/blubber/buildkit:v1.8.0"
"""The front end that the first line of a written file names."""


@dataclasses.dataclass(frozen=True)
class Written:
    """A Blubber file that was written.

    Arguments:
        text: what it holds.
        losses: what of the project it cannot say.
    """

    text: str
    losses: tuple[Problem, ...]


def write(project: Project, *, lossy: bool = False, without: Collection[Variant] = ()) -> Written:
    """Write a project's variants as a Blubber file.

    Arguments:
        project: the project.
        lossy: whether what Blubber cannot say is left out, with a comment that names it, instead of
            being an error.
        without: variants that are left out.

    Raises:
        DefinitionError: the project holds what Blubber cannot say, and ``lossy`` is not set.
    """
    every = dict.fromkeys((*project.variants, *reachable(project)))
    variants = tuple(variant for variant in every if variant not in without)
    lost = (*losses(project, variants), *_bound_to_stages(variants))
    if lost and not lossy:
        raise DefinitionError(lost)
    text = dump(document(project, variants))
    return Written(f"# syntax={SYNTAX}\n{lost_comments(lost)}{text}", lost)


def document(project: Project, variants: Iterable[Variant]) -> dict[str, Data]:
    """Give what a Blubber file of some variants holds.

    Arguments:
        project: the project; its settings are those of the top level.
        variants: the variants, with all that they refer to.
    """
    chosen = tuple(variants)
    writer = _Writer([variant.name for variant in chosen])
    written: dict[str, Data] = {"version": "v4", **writer.keys(project, SETTINGS)}
    if chosen:
        written["variants"] = {variant.name: dict(writer.keys(variant, VARIANT)) for variant in chosen}
    return written


def lost_comments(lost: Iterable[Problem]) -> str:
    """Give the comments that say what is lost, a line for each."""
    return "".join(f"# Lost: {' '.join(f'{one.at}: {one.message}'.split())}\n" for one in lost)


def _bound_to_stages(variants: Iterable[Variant]) -> Iterator[Problem]:
    for variant in variants:
        found = next((one for text in texts(variant) for one in expressions_in_code(text)), None)
        if found is not None:
            message = f'variant "{variant.name}" holds {found}, which only a config can give a value to.'
            yield Problem("not-in-blubber", message, variant.at)


class _Writer:
    def __init__(self, names: Collection[str]) -> None:
        self._taken = {*names, "local"}
        """What stands for something else than an image, where files come from."""

    def keys(self, definition: Definition, keys: Keys) -> dict[str, Data]:
        defaults = {field.name: default(field) for field in fields(type(definition))}
        given = {key: (getattr(definition, argument), form) for key, (argument, form) in keys.items()}
        return {
            key: self._value(value, form)
            for key, (value, form) in given.items()
            if value != defaults[keys[key][0]]
        }

    def _value(self, value: object, form: AnyForm) -> Data:
        match form, value:
            case Shape(), Definition():
                return dict(self.keys(value, form.keys))
            case ListOf(), tuple():
                return [self._item(item, form) for item in value]
            case Form.COPIES, tuple():
                return self._copies(value)
            case Form.BUILDERS, tuple():
                return [self._builder(builder) for builder in value]
            case Form.BASE, _:
                return _base(value)
            case _:
                return self._plain(_shortest(value, form))

    def _item(self, item: object, form: ListOf) -> Data:
        if not isinstance(item, Definition) or isinstance(item, Variant | Image):
            return self._plain(item)
        written = self.keys(item, form.shape.keys)
        implied = dict([form.implied]) if form.implied[0] else {}
        is_short = written.keys() == {form.short, *implied} and implied.items() <= written.items()
        return written[form.short] if is_short else dict(written)

    def _copies(self, copies: tuple[object, ...]) -> Data:
        items = [self._item(item, COPIES) for item in copies]
        if all(isinstance(item, str) for item in items):
            return items
        return [{"from": item} if isinstance(item, str) else item for item in items]

    def _builder(self, builder: object) -> Data:
        kind, shape = next(
            (kind, shape) for kind, shape in BUILDER_KINDS.items() if isinstance(builder, shape.kind)
        )
        return {kind: self._value(builder, shape)}

    def _plain(self, value: object) -> Data:
        match value:
            case Variant():
                return value.name
            case Image(reference=reference):
                return f"{reference}:latest" if reference in self._taken else reference
            case Mapping():
                return {str(key): self._plain(item) for key, item in value.items()}
            case list() | tuple():
                return [self._plain(item) for item in value]
            case None | bool() | int():
                return value
            case _:
                return str(value)


def _base(value: object) -> str | None:
    base = value.reference if isinstance(value, Image) else str(value)
    return None if base == "scratch" else base


def _shortest(value: object, form: AnyForm) -> object:
    """Give packages of no other release than the default one as a list."""
    if form is Form.PACKAGES and isinstance(value, Mapping) and value.keys() == {"default"}:
        return value["default"]
    return value
