"""Laying Python expressions out over lines, as ``ruff format`` does."""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import TypeAlias

WIDTH = 88
"""How long a line may be."""


@dataclasses.dataclass(frozen=True)
class Atom:
    """An expression that stays on one line; a string in triple quotes has its own."""

    text: str


@dataclasses.dataclass(frozen=True)
class Item:
    """Something between brackets.

    Arguments:
        value: the expression.
        label: what stands before it: ``name=``, ``"key": `` or nothing.
        comments: what stands above it, each from its ``#`` on.
        below: what stands below it.
    """

    value: Expression
    label: str = ""
    comments: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Group:
    """Items between brackets: a call, a list or a mapping.

    Arguments:
        opening: what stands before them, such as ``Variant(`` or ``[``.
        items: the items.
        closing: the bracket behind them.
    """

    opening: str
    items: tuple[Item, ...]
    closing: str


Expression: TypeAlias = Atom | Group


def width(line: str) -> int:
    """Give how many columns a line takes: wide signs take two, combining ones none."""
    if line.isascii():
        return len(line)
    return sum(_width(sign) for sign in line)


def _width(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def statement(target: str, value: Expression) -> str:
    """Write an assignment, or the expression alone if there is no target.

    Returns:
        Its lines, each with its line end.
    """
    prefix = f"{target} = " if target else ""
    return "\n".join(_lines(value, prefix, "", 0)) + "\n"


def _lines(value: Expression, before: str, after: str, indent: int) -> list[str]:
    """Lay an expression out, given what stands before it on its first line and after it on its last."""
    margin = " " * indent
    flat = _flat(value)
    if flat is not None and width(f"{margin}{before}{flat}{after}") <= WIDTH:
        return [f"{margin}{before}{flat}{after}"]
    if isinstance(value, Atom):
        return f"{margin}{before}{value.text}{after}".split("\n")
    lines = [f"{margin}{before}{value.opening}"]
    for item in value.items:
        lines += [f"{margin}    {comment}" for comment in item.comments]
        lines += _lines(item.value, item.label, ",", indent + 4)
        lines += [f"{margin}    {comment}" for comment in item.below]
    return [*lines, f"{margin}{value.closing}{after}"]


def _flat(value: Expression) -> str | None:
    """Write an expression in one line; None if something in it needs lines of its own."""
    if isinstance(value, Atom):
        return None if "\n" in value.text else value.text
    parts = []
    for item in value.items:
        inner = _flat(item.value)
        if inner is None or item.comments or item.below:
            return None
        parts.append(item.label + inner)
    return value.opening + ", ".join(parts) + value.closing
