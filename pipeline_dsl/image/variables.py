"""Variables in the paths of mounts, which no shell and no older engine puts the values in of."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pipeline_dsl.image.instructions import (
    Argument,
    BindMount,
    Environment,
    Execute,
    ExecuteScript,
    Instruction,
    Mount,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def with_mounts_expanded(
    instructions: Iterable[Instruction], environment: Mapping[str, str], arguments: Mapping[str, str]
) -> Iterator[Instruction]:
    """Put values in the place of the variables that the paths of mounts hold.

    Arguments:
        instructions: a recipe's instructions, in order.
        environment: the variables that the base image sets, as far as known. Those that nothing is known of
            stay as they are.
        arguments: values of build arguments, where they are not the defaults.
    """
    known = dict(environment)
    for instruction in instructions:
        match instruction:
            case Argument(name, str(default)):
                known[name] = arguments.get(name, default)
            case Environment(name, value, expands):
                known[name] = _expand(value, known) if expands else value
            case User(_, home):
                known["HOME"] = _expand(home, known)
            case _:
                pass
        if isinstance(instruction, Execute | ExecuteScript) and instruction.mounts:
            mounts = tuple(_expanded(mount, known) for mount in instruction.mounts)
            yield dataclasses.replace(instruction, mounts=mounts)
        else:
            yield instruction


def _expanded(mount: Mount, known: Mapping[str, str]) -> Mount:
    target = _expand(mount.target, known)
    if isinstance(mount, BindMount):
        return dataclasses.replace(mount, source=_expand(mount.source, known), target=target)
    uid, gid = _expand(mount.uid, known), _expand(mount.gid, known)
    return dataclasses.replace(mount, target=target, id=mount.id or target, uid=uid, gid=gid)


def _expand(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[0]), text)
