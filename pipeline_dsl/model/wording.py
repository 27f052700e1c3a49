"""How error messages name values and what was wanted instead of them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

BY_OBJECT = "Refer to it by the object, not by its name."

_LONGEST = 60
"""How many characters of a value fit into a line beside what is said of it."""


def describe(value: object) -> str:
    """Name a value in an error message: what was written, shortened, and its type."""
    match value:
        case type():
            return f"the class {value.__name__}"
        case str():
            return f"the string {_shortened(value)}"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case int() | float() if not isinstance(value, bool):
            return f"{value!r} ({type(value).__name__})"
        case _:
            return _shortened(value)


def _shortened(value: object) -> str:
    written = repr(value)
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"


def either(alternatives: Sequence[str]) -> str:
    """Join alternatives into a phrase such as ``a string, a list or a Run``."""
    *others, last = alternatives
    return f"{', '.join(others)} or {last}" if others else last


def as_list(text: str) -> str:
    """Write a line of words as the list that was probably meant: ``["npm", "test"]``."""
    try:
        words = shlex.split(text)
    except ValueError:  # a quotation mark without its partner
        words = text.split()
    return json.dumps(words, ensure_ascii=False)
