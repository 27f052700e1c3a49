"""The evaluation of a pipeline file: what it defined so far, and what is wrong with it so far."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.model.definition import Definition

_NOBODYS = ("<", f"{Path(__file__).parent.parent}{os.sep}", f"{Path(os.__file__).parent}{os.sep}")
"""Starts of names of files that no author wrote: generated code, this package, the standard library."""

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class Evaluation:
    """Collects what is defined while a pipeline file is evaluated.

    Arguments:
        root: directory that positions are given relative to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.definitions: list[Definition] = []
        self.problems: list[Problem] = []


_current: contextvars.ContextVar[Evaluation | None] = contextvars.ContextVar("evaluation", default=None)


@contextlib.contextmanager
def evaluating(root: Path) -> Iterator[Evaluation]:
    """Collect everything that is defined inside the ``with`` block.

    Arguments:
        root: directory that positions are given relative to.
    """
    evaluation = Evaluation(root)
    token = _current.set(evaluation)
    try:
        yield evaluation
    finally:
        _current.reset(token)


def collect(definition: Definition) -> None:
    """Let an object belong to the project that is being evaluated, if one is."""
    under_way = _current.get()
    if under_way is not None:
        under_way.definitions.append(definition)


def report(problems: list[Problem]) -> None:
    """Note problems with the evaluation that is under way, which goes on.

    Raises:
        DefinitionError: no evaluation is under way that could go on.
    """
    under_way = _current.get()
    if under_way is None:
        raise DefinitionError(problems)
    under_way.problems += problems


@functools.lru_cache(1000)
def is_authors(file: str) -> bool:
    """Tell whether a file can be an author's: it belongs to no installed package and not to Python."""
    return not file.startswith(_NOBODYS) and not any(folder in file for folder in _INSTALLED)


def authors_position() -> Position:
    """Find the innermost line of the call stack that an author wrote."""
    frame = sys._getframe(1)  # noqa: SLF001 -- inspect.stack() reads the source of every frame
    while frame.f_back is not None and not is_authors(frame.f_code.co_filename):
        frame = frame.f_back
    return Position(_display(frame.f_code.co_filename), frame.f_lineno)


def _display(file: str) -> str:
    evaluation = _current.get()
    return file if evaluation is None else _relative(file, evaluation.root)


@functools.lru_cache
def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return str(path.relative_to(root)) if path.is_relative_to(root) else file
