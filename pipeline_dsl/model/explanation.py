"""pydantic's account of faulty arguments, put into the words of this package."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.errors import Position, Problem, did_you_mean
from pipeline_dsl.model.wording import BY_OBJECT, as_list, describe, either

if TYPE_CHECKING:
    import pydantic
    from pydantic_core import ErrorDetails

Path: TypeAlias = tuple[int | str, ...]
"""Where a value stands: the argument's name, then list indices and keys of mappings. Empty for the call."""

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

_BY_NAME = ("Variant", "Stage", "Pipeline", "BuildSpecification")
"""Classes whose objects have names, so that an author may think of referring to them by these."""


class InvalidError(ValueError):
    """Raised by a validator of the model to say more than a sentence.

    Arguments:
        message: what is wrong, with the value in it.
        hint: what to do about it.
        argument: which argument it is about, if the validator looks at several.
    """

    def __init__(self, message: str, hint: str = "", *, argument: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.argument = argument


@dataclasses.dataclass(frozen=True)
class Call:
    """An author's call of a constructor.

    Arguments:
        name: what was called.
        fields: what it takes.
        arguments: what it was given, by name.
        at: the author's line.
    """

    name: str
    fields: Sequence[dataclasses.Field[object]]
    arguments: Mapping[str, object]
    at: Position


def explain(error: pydantic.ValidationError, call: Call) -> list[Problem]:
    """Say what is wrong with the arguments of a call.

    Arguments:
        error: what pydantic raised.
        call: the call that it is about.

    Returns:
        One problem per faulty value, with the value's place among the arguments.
    """
    by_path: dict[Path, list[ErrorDetails]] = {}
    for fault in error.errors():
        by_path.setdefault(_path(fault, call.arguments), []).append(fault)
    paths = [path for path in by_path if not _is_outdone(path, by_path)]
    return [dataclasses.replace(_problem(path, by_path[path], call), path=path) for path in paths]


def _path(fault: ErrorDetails, arguments: Mapping[str, object]) -> Path:
    """Leave of pydantic's location what an author wrote: no labels of a union's branches."""
    if not fault["loc"] or fault["type"] == "unexpected_positional_argument":
        return ()
    first, *rest = fault["loc"]
    argument = list(arguments)[first] if isinstance(first, int) else first
    value = arguments.get(argument)
    path: list[int | str] = [argument]
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


def _is_outdone(path: Path, paths: Mapping[Path, object]) -> bool:
    """Tell whether another branch of the same union got further into the value than this one."""
    return bool(path) and any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _problem(path: Path, faults: Sequence[ErrorDetails], call: Call) -> Problem:
    argument = path[0] if path else ""
    match faults[0]["type"]:
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return Problem("missing-argument", f'{call.name}() needs the argument "{argument}".', call.at)
        case "unexpected_keyword_argument":
            message = f'{call.name}() has no argument "{argument}".'
            hint = did_you_mean(str(argument), [field.name for field in call.fields])
            return Problem("unknown-argument", message, call.at, hint)
        case "multiple_argument_values":
            return Problem("repeated-argument", f'{call.name}() is given "{argument}" twice.', call.at)
        case "unexpected_positional_argument":
            return _positional(call)
    own = next((fault for fault in faults if fault["type"] == "value_error"), None)
    return _wrong_type(path, faults, call) if own is None else _invalid(path, own, call)


def _positional(call: Call) -> Problem:
    accepted = [field.name for field in call.fields if not field.kw_only]
    what = f'only "{accepted[0]}"' if accepted else "no argument"
    named = [field.name for field in call.fields if field.kw_only]
    hint = f"Name all others, as in {named[0]}=…." if named else ""
    message = f"{call.name}() takes {what} by position."
    return Problem("positional-argument", message, call.at, hint)


def _invalid(path: Path, fault: ErrorDetails, call: Call) -> Problem:
    """Repeat what a validator of the model said."""
    cause = fault.get("ctx", {}).get("error")
    hint = ""
    if isinstance(cause, InvalidError):
        hint = cause.hint
        path = path or ((cause.argument,) if cause.argument else ())
    return Problem("invalid-value", f"{call.name}({_spell(path)}): {cause}.", call.at, hint)


def _wrong_type(path: Path, faults: Sequence[ErrorDetails], call: Call) -> Problem:
    wanted = list(dict.fromkeys(_expected(fault) for fault in faults))
    if "a string" in wanted:
        wanted = [phrase for phrase in wanted if not phrase.startswith('"')]
    value = faults[0]["input"]
    message = f"{call.name}({_spell(path)}): must be {either(wanted)}, not {describe(value)}."
    annotation = next((str(field.type) for field in call.fields if field.name == path[0]), "")
    return Problem("wrong-type", message, call.at, _advise(wanted, value, annotation))


def _advise(wanted: Sequence[str], value: object, annotation: str) -> str:
    """Give the way out of the mistakes that people used to YAML make most."""
    if isinstance(value, type):
        return f"Write {value.__name__}(…)."
    if isinstance(value, str) and any(name in annotation for name in _BY_NAME):
        return BY_OBJECT
    if "a list" in wanted and isinstance(value, str):
        return f"Write {as_list(value)}."
    if "a list" in wanted and dataclasses.is_dataclass(value):
        return "Put it into a list, in brackets."
    return ""


def _spell(path: Path) -> str:
    """Write a path as an author would: ``packages[1]``."""
    return "".join(f"[{step!r}]" if index else str(step) for index, step in enumerate(path))


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
    return str(context.get("expected", fault["msg"])).replace("'", '"')
