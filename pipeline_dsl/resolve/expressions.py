"""Expressions in strings: ``${stage.name}`` and ``${stage.name|default}``, as ``spec/pipelinelib.md`` §3.2.

``$${`` stands for a plain ``${``. An expression without a dot, such as ``${HOME}``, is none of ours and
stays as it is.

What a shell or a Dockerfile reads, such as a builder's command, is *code*: there only what is an expression
of ours beyond doubt is one, and nothing is an escape or a mistake.
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
_IN_CODE = re.compile(r"\$\{(?P<name>[A-Za-z0-9_-]*\.[A-Za-z0-9._-]+)(?:\|(?P<default>[^}]*))?\}")


@dataclasses.dataclass(frozen=True)
class Expression:
    """A reference that a string holds.

    Arguments:
        namespace: the stage whose value it is; empty for the stage that the string belongs to.
        key: which of the stage's values.
        default: what stands for a value that is empty; None where none is given.
        in_loop: whether it is in the value of an Each, where its own stage goes by its name.
    """

    namespace: str
    key: str
    default: str | None = None
    in_loop: bool = False

    def __str__(self) -> str:
        """Spell it as an author does."""
        default = "" if self.default is None else f"|{self.default}"
        return f"${{{self.namespace}.{self.key}{default}}}"


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


def expressions_in_code(text: str) -> Iterator[Expression]:
    """Find the expressions in a string that something else reads as well, such as a shell."""
    return (_spelled(match) for match in _IN_CODE.finditer(text))


def sole_expression(text: str) -> Expression | None:
    """Give the expression that a string is, if it is nothing else."""
    match = _EXPRESSION.fullmatch(text)
    return None if match is None or match["malformed"] is not None else _expression(match)


def interpolate(
    text: str, value: Callable[[Expression], str], plain: Callable[[Expression], str] | None = None
) -> str:
    """Put values in the place of expressions.

    Arguments:
        text: the string.
        value: gives the value of an expression; an empty one gives way to the default.
        plain: gives the value of one without a dot, where these are not to stay as they are.

    Raises:
        MalformedExpressionError: something in it is nearly an expression.
    """

    def replace(match: re.Match[str]) -> str:
        if match["escaped"] is not None:
            return "${"
        expression = _expression(match)
        if expression is not None:
            return value(expression) or expression.default or ""
        if plain is None:
            return match[0]
        expression = Expression("", match["name"], match["default"])
        return plain(expression) or expression.default or ""

    return _EXPRESSION.sub(replace, text)


def interpolate_code(text: str, value: Callable[[Expression], str]) -> str:
    """Put values in the place of expressions in a string that something else reads as well."""

    def replace(match: re.Match[str]) -> str:
        expression = _spelled(match)
        return value(expression) or expression.default or ""

    return _IN_CODE.sub(replace, text)


def _expression(match: re.Match[str]) -> Expression | None:
    if match["malformed"] is not None:
        raise MalformedExpressionError(f'"{match[0]}" is not an expression')
    name = match["name"]
    return None if name is None or "." not in name else _spelled(match)


def _spelled(match: re.Match[str]) -> Expression:
    namespace, _, key = match["name"].partition(".")
    return Expression(namespace, key, match["default"])
