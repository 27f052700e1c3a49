"""What the model says of a wrong value, put into the words of the file that it comes from."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, TypeAlias

from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping as AbstractMapping

    from pipeline_dsl.errors import Position, Problem

Arguments: TypeAlias = dict[str, tuple[object, Entry]]
"""For each argument that is given its value, and the entry that gives it."""

_CALL = re.compile(r"(?P<kind>\w+)\((?P<argument>\w*)(?P<steps>(?:\[(?:\d+|'[^']*'|\"[^\"]*\")\])*)\): ")
"""How the model's messages start: ``Apt(packages[0]): ``."""

_DUPLICATE = re.compile(r"(?<=cannot contain duplicates): .*(?=\.)", re.DOTALL)
"""Where they show a value as Python."""


def complaint(
    problem: Problem, arguments: Arguments, keys: AbstractMapping[str, tuple[str, object]], at: Position
) -> Problem:
    """Give the problem as the file would begin it, ``packages[default][0]: ``, at the value's own place.

    Arguments:
        problem: what the model found.
        arguments: the arguments that it was given.
        keys: the keys that they were read from, each with its argument first.
        at: where the definition stands.
    """
    message = _DUPLICATE.sub("", problem.message)
    call = _CALL.match(message)
    if call is None:
        return dataclasses.replace(problem, message=message, at=at)
    argument = call["argument"]
    key = next((key for key, (name, _) in keys.items() if name == argument), argument)
    steps = re.sub(r"""['"]""", "", call["steps"])
    path = problem.path or (argument,)
    return dataclasses.replace(
        problem,
        message=f"{key}{steps}: {message[call.end() :]}",
        at=_place(path, arguments) or at,
        hint=problem.hint.replace("=[…]", ""),
    )


def _place(path: tuple[int | str, ...], arguments: Arguments) -> Position | None:
    """Find the place of the value that a path leads to."""
    argument, *steps = path
    if argument not in arguments:
        return None
    node = arguments[str(argument)][1].value
    for step in steps:
        node = _enter(node, step) or node
    return node.at


def _enter(node: Node, step: int | str) -> Node | None:
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return node.get(str(step)) if isinstance(node, Mapping) else None
