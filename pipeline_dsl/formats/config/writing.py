"""Writing the values of a config: from definitions to what YAML can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_dsl.formats.config.expand import EACH, MERGE
from pipeline_dsl.formats.config.losses import lost
from pipeline_dsl.formats.config.shapes import ARTIFACT, CREDENTIAL, Form, Shape
from pipeline_dsl.formats.config.spelling import Place, UnsayableError
from pipeline_dsl.formats.config.text import Use
from pipeline_dsl.model import Artifact, Credential, Each, Merge
from pipeline_dsl.model.definition import Definition, default, fields

if TYPE_CHECKING:
    from pipeline_dsl.errors import Problem
    from pipeline_dsl.formats.yaml.dump import Data


class Values:
    """Writes values; what cannot be said is noted and left out.

    Arguments:
        place: where they stand.
        losses: takes what cannot be said.
        whose: the definition whose line that has.
    """

    def __init__(self, place: Place, losses: list[Problem], whose: Definition) -> None:
        self._place = place
        self._losses = losses
        self._whose = whose

    def keys(self, definition: Definition, shape: Shape) -> dict[str, Data]:
        """Write those arguments of a definition that are not at their default.

        Arguments:
            definition: the definition.
            shape: says under which keys.
        """
        inner = Values(self._place, self._losses, definition)
        defaults = {field.name: default(field) for field in fields(type(definition))}
        written: dict[str, Data] = {}
        for key, (argument, form) in shape.keys.items():
            value = getattr(definition, argument, None)
            if argument and value != defaults.get(argument) and key not in shape.unwritten:
                said = inner.value(value, form)
                if said is not None:
                    written[key] = said
        return written

    def value(self, value: object, form: Form | Shape) -> Data:
        """Write a value; None if it cannot be said."""
        if isinstance(form, Shape):
            return dict(self.keys(value, form)) if isinstance(value, Definition) else None
        try:
            return self._value(value, form)
        except UnsayableError as unsayable:
            self._losses.append(lost(f"{unsayable}.", self._whose))
            return None

    def artifact(self, files: str | Artifact) -> Data:
        """Write an entry of ``copy``, as short as can be."""
        if isinstance(files, Artifact):
            written = self.keys(files, ARTIFACT)
            return written["source"] if written.keys() == {"source"} else dict(written)
        return self.value(files, Form.TEXT)

    def exports(self, exports: Mapping[str, object]) -> Data:
        """Write values by name, of which each sees those before it."""
        written: dict[str, Data] = {}
        bound = self._place.bound
        for name, value in exports.items():
            place = Place(self._place.stage, bound)
            written[name] = Values(place, self._losses, self._whose).value(value, Form.VALUE)
            bound |= {name}
        return written

    def translated(self, value: Data, use: Use) -> Data:
        """Put all strings of what is written already into PipelineLib's syntax.

        Arguments:
            value: what is written.
            use: what its strings are for.
        """
        match value:
            case str():
                try:
                    return self._place.spelled(value, use)
                except UnsayableError as unsayable:
                    self._losses.append(lost(f"{unsayable}.", self._whose))
                    return ""
            case dict():
                return {
                    str(self.translated(key, use)): self.translated(item, use) for key, item in value.items()
                }
            case list():
                return [self.translated(item, use) for item in value]
        return value

    def _value(self, value: object, form: Form) -> Data:
        match form, value:
            case ((Form.TEXTS | Form.TEXT_BY_NAME | Form.VARIABLES), (Each() | Merge())):
                return self._late_in_typed_place(value)
            case Form.CREDENTIALS, tuple():
                return [self._credential(one) for one in value]
            case Form.VARIABLES, Mapping():
                return {
                    self._place.spelled(str(name), Use.VARIABLE): self._place.spelled(str(text), Use.VARIABLE)
                    for name, text in value.items()
                }
            case Form.ADDRESSES, tuple():
                texts = [self._place.spelled(str(text)) for text in value]
                return texts[0] if len(texts) == 1 and self._place.stage else list(texts)
            case Form.LITERAL, _:
                return str(value)
            case _:
                return self._any(value, self._place)

    def _late_in_typed_place(self, value: Each | Merge) -> Data:
        if isinstance(value, Merge) or not isinstance(value.of, str):
            raise UnsayableError("a config's schema rejects what is merged or nested here")
        return self._any(value, self._place)

    def _any(self, value: object, place: Place) -> Data:
        match value:
            case str():
                return place.spelled(value)
            case None | bool() | int() | float():
                return value
            case Each():
                return self._each(value, place)
            case Merge(left=left, right=right):
                if isinstance(left, Mapping) or isinstance(right, Mapping):
                    raise UnsayableError("a config's schema rejects mappings that are merged")
                if not left:
                    raise UnsayableError("PipelineLib merges nothing with what is empty")
                return dict(zip(MERGE, (self._any(left, place), self._any(right, place)), strict=True))
            case Mapping():
                return {place.spelled(str(key)): self._any(item, place) for key, item in value.items()}
            case list() | tuple():
                return [self._any(item, place) for item in value]
        raise UnsayableError(f"a config cannot say {value!r}")

    def _each(self, each: Each, place: Place) -> Data:
        names = (each.variable,) if isinstance(each.variable, str) else tuple(each.variable)
        written: dict[str, Data] = {
            EACH[0]: names[0] if isinstance(each.variable, str) else list(names),
            EACH[1]: self._any(each.of, place),
        }
        if each.delimiter != "\n":
            written[EACH[2]] = each.delimiter
        if each.value is not None:
            inner = Place(place.stage, place.bound, frozenset(names))
            written[EACH[3]] = self._any(each.value, inner)
        return written

    def _credential(self, credential: Credential) -> Data:
        written: dict[str, Data] = dict(self.keys(credential, CREDENTIAL))
        return {"id": credential.id, "name": credential.id} | written
