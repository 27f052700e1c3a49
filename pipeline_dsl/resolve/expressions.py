"""Expressions in strings: ``${stage.name}`` and ``${stage.name|default}``, as ``spec/pipelinelib.md`` §3.2.

``$${`` stands for a plain ``${``. An expression without a dot, such as ``${HOME}``, is none of ours and
stays as it is.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EXPRESSION = re.compile(
    r"\$\$\{(?P<escaped>)"
    r"|\$\{(?:(?P<name>[A-Za-z0-9._-]+)(?:\|(?P<default>[^}]*))?\}|(?P<malformed>[^}]*\}?))"
)


@dataclasses.dataclass(frozen=True)
class Expression:
    """A reference that a string holds.

    Arguments:
        namespace: the stage whose value it is; empty for the stage that the string belongs to.
        key: which of the stage's values.
        default: what stands for a value that is empty; None where none is given.
    """

    namespace: str
    key: str
    default: str | None = None


class MalformedExpressionError(ValueError):
    """A string holds a ``${`` that does not start an expression."""


def expressions(text: str) -> Iterator[Expression]:
    """Find the expressions in a string.

    Raises:
        MalformedExpressionError: something in it is nearly one.
    """
    for match in _EXPRESSION.finditer(text):
        expression = _expression(match)
        if expression is not None:
            yield expression


def interpolate(text: str, value: Callable[[Expression], str]) -> str:
    """Put values in the place of expressions.

    Arguments:
        text: the string.
        value: gives the value of an expression; an empty one gives way to the default.

    Raises:
        MalformedExpressionError: something in it is nearly an expression.
    """

    def replace(match: re.Match[str]) -> str:
        if match["escaped"] is not None:
            return "${"
        expression = _expression(match)
        return match[0] if expression is None else value(expression) or expression.default or ""

    return _EXPRESSION.sub(replace, text)


def _expression(match: re.Match[str]) -> Expression | None:
    if match["malformed"] is not None:
        raise MalformedExpressionError(f'"{match[0]}" is not an expression')
    name = match["name"]
    if name is None or "." not in name:
        return None
    namespace, _, key = name.partition(".")
    return Expression(namespace, key, match["default"])
