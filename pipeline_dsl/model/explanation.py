"""pydantic's account of faulty arguments, put into the words of this package."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline_dsl.errors import Position, Problem, did_you_mean

if TYPE_CHECKING:
    import pydantic
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "bool_type": "True or False",
    "dict_type": "a mapping",
    "int_type": "an integer",
    "list_wanted": "a list",
    "mapping_type": "a mapping",
    "none_required": "None",
    "string_type": "a string",
}
"""What each kind of type error would have had, for the kinds that a model's field can meet."""

BY_OBJECT = "Refer to it by the object, not by its name."


class InvalidError(ValueError):
    """Raised by a validator of the model to say more than a sentence.

    Arguments:
        message: what is wrong, with the value in it.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclasses.dataclass(frozen=True)
class _Fault:
    """One of pydantic's errors, with the labels of union branches taken out of its path."""

    path: tuple[int | str, ...]
    details: ErrorDetails


def explain(
    error: pydantic.ValidationError, cls: type, arguments: Mapping[str, object], at: Position
) -> list[Problem]:
    """Say what is wrong with the arguments of a definition.

    Arguments:
        error: what pydantic raised.
        cls: the class whose constructor was called.
        arguments: what it was called with, by name.
        at: the author's line that called it.

    Returns:
        One problem per faulty value, with the value's place among the arguments.
    """
    faults = [_Fault(_path(details["loc"], arguments), details) for details in error.errors()]
    faults = [fault for fault in faults if not _is_outdone(fault, faults)]
    by_path: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault.details)
    return [_problem(path, details, cls, at) for path, details in by_path.items()]


def _path(location: tuple[int | str, ...], arguments: Mapping[str, object]) -> tuple[int | str, ...]:
    """Leave of pydantic's location what an author wrote: the argument, list indices, mapping keys."""
    first, *rest = location or ("",)
    if isinstance(first, int):
        first = list(arguments)[first]
    value = arguments.get(first)
    path: list[int | str] = [first]
    for step in rest:
        found, value = _enter(value, step)
        path += [step] if found else []
    return tuple(path)


def _enter(value: object, step: int | str) -> tuple[bool, object]:
    if isinstance(value, Mapping) and step in value:
        return True, value[step]
    if isinstance(value, list | tuple) and isinstance(step, int):
        return True, value[step]
    return False, value


def _is_outdone(fault: _Fault, faults: Sequence[_Fault]) -> bool:
    """Tell whether another branch of the same union got further into the value than this one."""
    depth = len(fault.path)
    return any(len(other.path) > depth and other.path[:depth] == fault.path for other in faults)


def _problem(path: tuple[int | str, ...], faults: list[ErrorDetails], cls: type, at: Position) -> Problem:
    kinds = {fault["type"] for fault in faults}
    field = path[0]
    if kinds == {"unexpected_keyword_argument"}:
        known = [known.name for known in dataclasses.fields(cls)]
        message = f'{cls.__name__}() has no argument "{field}".'
        return Problem("unknown-argument", message, at, did_you_mean(str(field), known))
    if any(kind.startswith("missing") for kind in kinds):
        return Problem("missing-argument", f'{cls.__name__}() needs the argument "{field}".', at)
    if kinds == {"unexpected_positional_argument"}:
        message = f"{cls.__name__}() takes its name by position and all else by keyword."
        return Problem("positional-argument", message, at)
    own = next((fault for fault in faults if fault["type"] == "value_error"), None)
    place = f"{cls.__name__}({_spell(path)})"
    if own is not None:
        cause = own.get("ctx", {}).get("error")
        hint = cause.hint if isinstance(cause, InvalidError) else ""
        return Problem("invalid-value", f"{place}: {cause}.", at, hint)
    wanted = " or ".join(dict.fromkeys(_expected(fault) for fault in faults))
    value = faults[0]["input"]
    message = f"{place}: must be {wanted}, not {describe(value)}."
    return Problem("wrong-type", message, at, _advise(wanted, value))


def _advise(wanted: str, value: object) -> str:
    """Give the way out of the two mistakes that people used to YAML make most."""
    if not isinstance(value, str):
        return ""
    if "a list" in wanted:
        return f"Write {value.split()}."
    return BY_OBJECT if "a Variant" in wanted or "a Stage" in wanted else ""


def _spell(path: tuple[int | str, ...]) -> str:
    """Write a path as an author would: ``packages[1]``."""
    first, *rest = path
    return str(first) + "".join(f"[{step!r}]" for step in rest)


def _expected(fault: ErrorDetails) -> str:
    known = _EXPECTED.get(fault["type"])
    if known:
        return known
    context = fault.get("ctx", {})
    if "class_name" in context:
        name = str(context["class_name"])
        return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
    if "ge" in context:
        return f"{context['ge']} or more"
    return str(context.get("expected", fault["msg"]))


def describe(value: object) -> str:
    """Name a value in an error message: what was written, shortened, and its type."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return f"the string {value!r}" if len(value) <= 60 else f"the string {value[:57]!r}…"  # noqa: PLR2004 -- fits a line
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return f'{type(value).__name__}("{name}")'
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{value!r} ({type(value).__name__})"
