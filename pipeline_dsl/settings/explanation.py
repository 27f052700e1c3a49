"""pydantic's account of faulty settings, put into the words of this package. It shows no values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import Problem, did_you_mean
from pipeline_dsl.model.explanation import InvalidError
from pipeline_dsl.model.wording import either
from pipeline_dsl.settings.names import dotted, keys_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pydantic
    from pydantic_core import ErrorDetails

    from pipeline_dsl.settings.names import Path

_EXPECTED = {
    "bool_type": "true or false",
    "dataclass_type": "a table",
    "int_type": "an integer",
    "dict_type": "a table",
    "mapping_type": "a table",
    "string_type": "a string",
    "tuple_type": "a list",
}
"""What each kind of error would have had, for the kinds that a setting can meet."""


def explain(error: pydantic.ValidationError, origin: str) -> Iterator[Problem]:
    """Say what is wrong with a source's settings.

    Arguments:
        error: what pydantic raised.
        origin: the source, in words.
    """
    for fault in error.errors(include_url=False):
        path = tuple(str(step) for step in fault["loc"])
        if fault["type"] == "unexpected_keyword_argument":
            yield _unknown(path, origin)
        else:
            yield _invalid(fault, origin)


def _unknown(path: Path, origin: str) -> Problem:
    known = keys_at(path[:-1])
    hint = did_you_mean(path[-1], known) or f"There are: {', '.join(known)}."
    return Problem("unknown-setting", f'{origin}: there is no setting "{dotted(path)}".', hint=hint)


def _invalid(fault: ErrorDetails, origin: str) -> Problem:
    cause = fault.get("ctx", {}).get("error")
    reason = str(cause) if isinstance(cause, ValueError) else f"must be {_expected(fault)}"
    hint = cause.hint if isinstance(cause, InvalidError) else _advice(fault)
    return Problem("invalid-setting", f"{origin}: {_spelt(fault['loc'])} {reason}.", hint=hint)


def _spelt(location: tuple[int | str, ...]) -> str:
    """Write a path as TOML does, with the number of an item of a list, counted from 0."""
    keys = tuple(step for step in location if isinstance(step, str))
    indices = "".join(f"[{step}]" for step in location if isinstance(step, int))
    return f"{dotted(keys)}{indices}"


def _expected(fault: ErrorDetails) -> str:
    if fault["type"] == "literal_error":
        return either(_alternatives(fault))
    bounds = fault.get("ctx", {})
    if "ge" in bounds or "le" in bounds:
        return f"{bounds['ge']} or more" if "ge" in bounds else f"{bounds['le']} or less"
    return _EXPECTED.get(fault["type"], fault["msg"])


def _advice(fault: ErrorDetails) -> str:
    value: object = fault["input"]
    if fault["type"] != "literal_error" or not isinstance(value, str):
        return ""
    return did_you_mean(value, [one.strip('"') for one in _alternatives(fault)])


def _alternatives(fault: ErrorDetails) -> list[str]:
    expected = str(fault.get("ctx", {})["expected"]).replace("'", '"')
    return expected.replace(" or ", ", ").split(", ")
