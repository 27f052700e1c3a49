"""Evaluating a pipeline file: from the author's Python to a project."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem
from pipeline_dsl.load.blame import blame
from pipeline_dsl.load.compilation import compiled
from pipeline_dsl.model import Pipeline, Project, Variant
from pipeline_dsl.model.document import parse
from pipeline_dsl.model.evaluation import Evaluation, evaluating
from pipeline_dsl.model.project import duplicates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_dsl.load.find import Location


def load(location: Location) -> Project:
    """Evaluate a pipeline file, or read back the JSON document of one.

    What the file prints goes to standard error. Modules beside the file can be imported; they are
    forgotten afterwards, so that each evaluation starts afresh.

    Arguments:
        location: the file and its project's root.

    Returns:
        Everything that was defined meanwhile, as one document.

    Raises:
        DefinitionError: the file cannot be evaluated, or something in it is wrong; all that is wrong
            in the file is reported at once.
    """
    if location.file.suffix == ".json":
        return parse(location.file.read_text("utf-8"))
    with evaluating(location.root) as evaluation:
        try:
            with _surroundings(location.file):
                _execute(location.file)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # A SystemExit, too, comes from the author's file: nothing else runs here.
            problems = [*evaluation.problems, *blame(error, location)]
            raise DefinitionError(problems) from error
    problems = evaluation.problems + _defects(evaluation, location)
    if problems:
        raise DefinitionError(problems)
    return _assemble(evaluation, location)


def _execute(file: Path) -> None:
    module = types.ModuleType(file.stem)
    module.__file__ = str(file)
    sys.modules[file.stem] = module  # so that a module which imports the file gets it, not a second copy
    exec(compiled(file.read_bytes(), file), module.__dict__)  # noqa: S102 -- what loading means


@contextlib.contextmanager
def _surroundings(file: Path) -> Iterator[None]:
    """Let the file import its neighbours, and leave no trace: no module, no byte code, no output."""
    modules, path, no_bytecode = dict(sys.modules), list(sys.path), sys.dont_write_bytecode
    sys.path.insert(0, str(file.parent))
    importlib.invalidate_caches()
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _forget_neighbours(file.parent, modules)
        sys.path[:], sys.dont_write_bytecode = path, no_bytecode


def _forget_neighbours(folder: Path, before: dict[str, types.ModuleType]) -> None:
    new = {name: module for name, module in sys.modules.items() if before.get(name) is not module}
    for name in [name for name, module in new.items() if _lies_in(folder, module)]:
        del sys.modules[name]
        if name in before:
            sys.modules[name] = before[name]


def _lies_in(folder: Path, module: types.ModuleType) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]  # a folder may be a module
    return any(place is not None and Path(place).is_relative_to(folder) for place in places)


def _defects(evaluation: Evaluation, location: Location) -> list[Problem]:
    """Find what is wrong with the definitions as a whole."""
    projects = [made for made in evaluation.definitions if isinstance(made, Project)]
    again = [
        Problem(
            "second-project",
            f"Project(…) is made a second time, first at {projects[0].at}.",
            made.at,
            "A file describes one project.",
        )
        for made in projects[1:]
    ]
    if evaluation.definitions or evaluation.problems:
        return again + list(duplicates(_assemble(evaluation, location)))
    message = "The file defines no variant and no pipeline."
    hint = 'Start with: test = Variant("test", base="debian:bookworm-slim", copies=["local"])'
    return [Problem("nothing-defined", message, _first_line(location), hint)]


def _assemble(evaluation: Evaluation, location: Location) -> Project:
    defined = evaluation.definitions
    declared = next((made for made in defined if isinstance(made, Project)), None)
    if declared is None:
        declared = Project(location.root.name or "root")
        object.__setattr__(declared, "at", _first_line(location))
    variants = tuple(made for made in defined if isinstance(made, Variant))
    pipelines = tuple(made for made in defined if isinstance(made, Pipeline))
    object.__setattr__(declared, "variants", variants)
    object.__setattr__(declared, "pipelines", pipelines)
    return declared


def _first_line(location: Location) -> Position:
    return Position(str(location.file.relative_to(location.root)), 1)
