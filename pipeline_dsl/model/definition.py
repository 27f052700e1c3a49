"""What all objects that an author writes have in common: checked, frozen, and aware of where they stand."""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import TYPE_CHECKING, ClassVar, TypeVar, dataclass_transform

import pydantic
from pydantic import dataclasses as pydantic_dataclasses
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline_dsl.model import evaluation
from pipeline_dsl.model.explanation import Call, explain

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position

_Class = TypeVar("_Class", bound="type[Definition]")
_Definition = TypeVar("_Definition", bound="Definition")
_CONFIG = pydantic.ConfigDict(strict=True, extra="forbid")


class Definition:
    """Base of all objects that an author writes.

    A definition that is made while a pipeline file is evaluated belongs to that file's project; made
    anywhere else it is a plain value.
    """

    at: Position
    """The author's line that made it."""

    named: ClassVar[bool] = False
    """Whether its objects have names that tell them apart: each is then equal to itself only, and an
    evaluation collects it by itself, not only as a part of another."""

    written: ClassVar[str] = ""
    """What an author calls to make one; the class itself if empty."""

    def __repr__(self) -> str:
        """Give the call that makes an equal object; of a named one, only what tells it apart."""
        shown = [
            repr(value) if not field.kw_only else f"{field.name}={value!r}"
            for field in fields(type(self))
            for value in [getattr(self, field.name)]
            if value != default(field) and not (self.named and field.kw_only)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field, pydantic.Field)
)
def definition(cls: _Class) -> _Class:
    """Make a class of the model: a frozen pydantic dataclass that takes keywords only, strictly typed.

    Its constructor raises DefinitionError, which names all that is wrong with its arguments. While a
    pipeline file is evaluated it notes the problems instead, so that the author sees those of the
    whole file at once.
    """
    pydantic_dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=not cls.named, config=_CONFIG)(
        cls
    )
    _attend_construction(cls)
    return cls


def _attend_construction(cls: type[Definition]) -> None:
    construct = cls.__init__

    def __init__(self: Definition, /, *args: object, **kwargs: object) -> None:  # noqa: N807 -- becomes one
        at = evaluation.authors_position()
        try:
            construct(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            arguments = dict(zip((field.name for field in fields(cls)), args, strict=False)) | kwargs
            call = Call(cls.written or cls.__name__, fields(cls), arguments, at)
            evaluation.report(explain(error, call))
            _fill(self, arguments)
        else:
            if self.named:
                evaluation.collect(self)
        object.__setattr__(self, "at", at)  # last, because pydantic replaces all attributes

    setattr(cls, "__init__", functools.wraps(construct)(__init__))  # noqa: B010 -- mypy forbids the plain form


def _fill(self: Definition, arguments: dict[str, object]) -> None:
    """Give a faulty object its arguments as they are, so that the evaluation can go on past it."""
    for field in fields(type(self)):
        object.__setattr__(self, field.name, arguments.get(field.name, default(field)))


def fields(cls: type[Definition]) -> tuple[dataclasses.Field[object], ...]:
    """Give what a definition is made of, in the order of its arguments."""
    return dataclasses.fields(cls)  # type: ignore[arg-type]  # every Definition is a dataclass


def default(field: dataclasses.Field[object]) -> object:
    """Give the value of an argument that is left out; None where it must not be."""
    stated = field.default
    if isinstance(stated, FieldInfo):
        stated = stated.get_default(call_default_factory=True)
    return None if stated in (dataclasses.MISSING, PydanticUndefined) else stated


def amended(original: _Definition, **changes: object) -> _Definition:
    """Give a copy of a definition with other values in some fields, unchecked and from the same line.

    Arguments:
        original: the definition; it stays as it is.
        changes: new values by name of the field.
    """
    amendment = copy.copy(original)
    for name, value in changes.items():
        object.__setattr__(amendment, name, value)
    return amendment
