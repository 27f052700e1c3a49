"""Expressions as PipelineLib reads them: ``spec/pipelinelib.md`` §3.2.

Ours are nearly the same. It has no escape; an expression without a dot stands for a value of its own stage
if there is one, and for itself if there is none and it has no default.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPRESSION = re.compile(
    r"\$\{(?:(?P<name>[A-Za-z0-9._-]+)(?:\|(?P<default>[^}]*))?\}|(?P<malformed>[^}]*\}?))", re.DOTALL
)


@dataclasses.dataclass(frozen=True)
class Reference:
    """An expression.

    Arguments:
        namespace: the stage whose value it is; empty for its own stage, or for the loop that it is in.
        key: which of the values.
        default: what stands for a value that is not there; None where none is given.
        text: how it is written.
    """

    namespace: str
    key: str
    default: str | None
    text: str

    @property
    def is_bare(self) -> bool:
        """Whether there is no dot in it, so that it may be meant for somebody else."""
        return not self.namespace and not self.text.startswith("${.")


@dataclasses.dataclass(frozen=True)
class Malformed:
    """What starts like an expression and is none.

    Arguments:
        text: how it is written.
        why: what is wrong with it.
    """

    text: str
    why: str


Token: TypeAlias = str | Reference | Malformed


def tokens(text: str) -> Iterator[Token]:
    """Split a string into expressions and what stands between them.

    Arguments:
        text: the string.
    """
    end = 0
    for match in _EXPRESSION.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        yield _token(match)
        end = match.end()
    if end < len(text):
        yield text[end:]


def _token(match: re.Match[str]) -> Token:
    if match["malformed"] is not None:
        return Malformed(match[0], _fault(match["malformed"]))
    namespace, dot, key = match["name"].partition(".")
    return Reference(namespace if dot else "", key if dot else namespace, match["default"], match[0])


def _fault(inside: str) -> str:
    if not inside.endswith("}"):
        return 'there is no "}"'
    if inside == "}":
        return "it has no name"
    return "a name is made of letters, digits, dots, dashes and underscores"
