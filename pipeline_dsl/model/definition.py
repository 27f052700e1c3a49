"""What all objects that an author writes have in common: checked, frozen, and aware of where they stand."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, ClassVar, TypeVar, dataclass_transform

import pydantic
from pydantic import dataclasses as pydantic_dataclasses

from pipeline_dsl.model import evaluation
from pipeline_dsl.model.explanation import explain

if TYPE_CHECKING:
    from pipeline_dsl.errors import Position

_Class = TypeVar("_Class", bound="type[Definition]")
_CONFIG = pydantic.ConfigDict(strict=True, extra="forbid")


class Definition:
    """Base of all objects that an author writes.

    A definition that is made while a pipeline file is evaluated belongs to that file's project; made
    anywhere else it is a plain value.
    """

    at: Position
    """The author's line that made it."""

    collected: ClassVar[bool] = False
    """Whether an evaluation collects objects of this class by themselves, not only as parts of others."""


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field, pydantic.Field)
)
def definition(cls: _Class) -> _Class:
    """Make a class of the model: a frozen pydantic dataclass that takes keywords only, strictly typed.

    Its constructor raises DefinitionError, which names all that is wrong with its arguments. While a
    pipeline file is evaluated it notes the problems instead, so that the author sees those of the
    whole file at once.
    """
    pydantic_dataclasses.dataclass(frozen=True, kw_only=True, eq=not cls.collected, config=_CONFIG)(cls)
    _attend_construction(cls)
    return cls


def _attend_construction(cls: type[Definition]) -> None:
    construct = cls.__init__
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]  # the caller has made it a dataclass

    def __init__(self: Definition, *args: object, **kwargs: object) -> None:  # noqa: N807 -- becomes one
        at = evaluation.authors_position()
        try:
            construct(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            arguments = dict(zip((field.name for field in fields), args, strict=False)) | kwargs
            evaluation.report(explain(error, cls, arguments, at))
            _fill(self, arguments)
        else:
            if self.collected:
                evaluation.collect(self)
        object.__setattr__(self, "at", at)  # last, because pydantic replaces all attributes

    setattr(cls, "__init__", functools.wraps(construct)(__init__))  # noqa: B010 -- mypy forbids the plain form


def _fill(self: Definition, arguments: dict[str, object]) -> None:
    """Give a faulty object its arguments as they are, so that the evaluation can go on past it."""
    for field in dataclasses.fields(self):  # type: ignore[arg-type]  # every Definition is a dataclass
        default = None if field.default is dataclasses.MISSING else field.default
        object.__setattr__(self, field.name, arguments.get(field.name, default))
