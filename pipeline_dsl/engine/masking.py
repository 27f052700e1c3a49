"""Secrets kept out of events, and so out of every report."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar, cast

from pipeline_dsl.engine.events import StageId, StepOutput

if TYPE_CHECKING:
    from pipeline_dsl.engine.events import Emit, Event
    from pipeline_dsl.settings import Mask

_T = TypeVar("_T")


def masked(emit: Emit, mask: Mask) -> Emit:
    """Hide secrets in whatever is emitted.

    Arguments:
        emit: takes what is left.
        mask: what to hide.
    """

    def emit_masked(event: Event) -> None:
        if isinstance(event, StepOutput):  # by far the most frequent one, and only its line is new
            line = mask.hide(event.line)
            emit(event if line == event.line else dataclasses.replace(event, line=line))
        else:
            emit(_hidden(event, mask))

    return emit_masked


def _hidden(value: _T, mask: Mask) -> _T:
    return cast("_T", _hide(value, mask))


def _hide(value: object, mask: Mask) -> object:
    match value:
        case str():
            return mask.hide(value)
        case tuple():
            return tuple(_hide(item, mask) for item in value)
        case StageId():
            return value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changes = {
                field.name: _hide(getattr(value, field.name), mask) for field in dataclasses.fields(value)
            }
            return dataclasses.replace(value, **changes)
    return value
