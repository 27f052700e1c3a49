"""Writing Blubber files: from a project to v4, in the shortest form that a person would write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.formats.blubber.shapes import (
    ARTIFACT,
    BUILDER_KINDS,
    SETTINGS,
    VARIANT_ONLY,
    AnyForm,
    Form,
    ListOf,
    Shape,
)
from pipeline_dsl.formats.yaml.dump import Data, dump
from pipeline_dsl.model import Image, Variant
from pipeline_dsl.model.definition import Definition, default, fields

if TYPE_CHECKING:
    from pipeline_dsl.model import Project
    from pipeline_dsl.model.variant import Settings

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


def write(project: Project, *, lossy: bool = False) -> Written:
    """Write a project's variants as a Blubber file.

    Arguments:
        project: the project.
        lossy: whether what Blubber cannot say is left out, with a comment that names it, instead of
            being an error.

    Raises:
        DefinitionError: the project holds what Blubber cannot say, and ``lossy`` is not set.
    """
    writer = _Writer(project)
    document = writer.document()
    if writer.losses and not lossy:
        raise DefinitionError(writer.losses)
    comments = "".join(f"# Lost: {problem.message}\n" for problem in writer.losses)
    return Written(f"# syntax={SYNTAX}\n{comments}{dump(document)}", tuple(writer.losses))


class _Writer:
    def __init__(self, project: Project) -> None:
        self._project = project
        self.losses: list[Problem] = []

    def document(self) -> dict[str, Data]:
        document: dict[str, Data] = {"version": "v4", **self._settings(self._project)}
        variants = {variant.name: self._variant(variant) for variant in self._project.variants}
        if variants:
            document["variants"] = dict(variants)
        return document

    def _variant(self, variant: Variant) -> Data:
        includes: dict[str, Data] = {}
        if variant.includes:
            includes["includes"] = [included.name for included in variant.includes]
        copies = self._keys(variant, VARIANT_ONLY)
        return {**includes, **self._settings(variant), **copies}

    def _settings(self, settings: Settings) -> dict[str, Data]:
        written = self._keys(settings, SETTINGS)
        if settings.base == "scratch":
            written["base"] = None
        return written

    def _keys(self, definition: Definition, keys: Mapping[str, tuple[str, AnyForm]]) -> dict[str, Data]:
        defaults = {field.name: default(field) for field in fields(type(definition))}
        written: dict[str, Data] = {}
        for key, (argument, form) in keys.items():
            value = getattr(definition, argument)
            if value != defaults[argument]:
                written[key] = self._value(value, form)
        return written

    def _value(self, value: object, form: AnyForm) -> Data:
        match form, value:
            case Shape(), Definition():
                return dict(self._keys(value, form.keys))
            case ListOf(), list() | tuple():
                return [self._item(item, form) for item in value]
            case Form.COPIES, list() | tuple():
                return self._copies(value)
            case Form.BUILDERS, list() | tuple():
                return [self._builder(builder) for builder in value]
            case Form.ORIGIN, _:
                return _origin(value)
            case _:
                return _plain(value)

    def _item(self, item: object, form: ListOf) -> Data:
        if not isinstance(item, Definition) or isinstance(item, Variant | Image):
            return _origin(item)
        written = self._keys(item, form.shape.keys)
        short = form.short
        if form.shape is ARTIFACT and short == "source":
            is_short = written.keys() == {"from", "source"} and written["from"] == "local"
        else:
            is_short = bool(short) and written.keys() == {short}
        return written[short] if is_short else dict(written)

    def _copies(self, copies: list[object] | tuple[object, ...]) -> Data:
        short = [self._item(item, ListOf(ARTIFACT, short="from")) for item in copies]
        if all(isinstance(item, str) for item in short):
            return short
        return [{"from": item} if isinstance(item, str) else item for item in short]

    def _builder(self, builder: object) -> Data:
        kind, shape = next(
            (kind, shape) for kind, shape in BUILDER_KINDS.items() if isinstance(builder, shape.kind)
        )
        return {kind: self._value(builder, shape)}


def _origin(value: object) -> Data:
    match value:
        case Variant():
            return value.name
        case Image():
            return value.reference
        case _:
            return str(value)


def _plain(value: object) -> Data:
    match value:
        case Image():
            return value.reference
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int():
            return value
        case _:
            return str(value)
