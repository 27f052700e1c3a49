"""What to do about an exception that an author's file raised."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import TYPE_CHECKING

import pipeline_dsl
from pipeline_dsl.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_BY_KIND: dict[type[BaseException], str] = {
    SystemExit: "Leave out exit(): the tool that evaluates it decides what comes next.",
    RecursionError: "Does the file evaluate or import itself?",
    dataclasses.FrozenInstanceError: "Make a changed copy of the object with dataclasses.replace(…).",
}
"""What says enough by itself, whatever it is about."""


def hint(error: BaseException, folder: Path, under_way: Collection[str]) -> str:
    """Give the way out.

    Arguments:
        error: what was raised.
        folder: where the pipeline file lies.
        under_way: paths of the author's files that were being evaluated at that moment.

    Returns:
        A sentence, or an empty string where there is nothing to add.
    """
    for kind, advice in _BY_KIND.items():
        if isinstance(error, kind):
            return advice
    match error:
        case ModuleNotFoundError():
            return _missing_module(error.name or "", folder)
        case ImportError():
            return _missing_in_module(error, under_way)
        case NameError():
            return _missing_name(error)
        case AttributeError():
            return did_you_mean(error.name or "", _public(error.obj))
        case _:
            return ""


def _missing_module(name: str, folder: Path) -> str:
    known = [*(file.stem for file in folder.glob("*.py")), *sys.stdlib_module_names, pipeline_dsl.__name__]
    return did_you_mean(name, known) or f"Install it, or put {name}.py beside the pipeline file."


def _missing_in_module(error: ImportError, under_way: Collection[str]) -> str:
    if error.path in under_way:
        return "The two import each other; move what both need into a third module."
    wanted = re.match(r"cannot import name '(\w+)'", str(error))
    module = sys.modules.get(error.name or "")
    return did_you_mean(wanted[1], _public(module)) if wanted and module else ""


def _missing_name(error: NameError) -> str:
    if error.name in pipeline_dsl.__all__:
        return f"Write at the top: from pipeline_dsl import {error.name}"
    innermost = error.__traceback__
    while innermost and innermost.tb_next:
        innermost = innermost.tb_next
    if innermost is None:
        return ""
    frame = innermost.tb_frame
    return did_you_mean(error.name or "", {*frame.f_locals, *frame.f_globals, *pipeline_dsl.__all__})


def _public(thing: object) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]
