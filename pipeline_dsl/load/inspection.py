"""Whether the evaluation of a file depends on anything but its text, as far as reading it tells."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PURE = {
    *("__future__", "abc", "collections", "collections.abc", "dataclasses", "enum", "functools", "itertools"),
    *("json", "math", "operator", "pipeline_dsl", "re", "string", "textwrap", "types", "typing"),
    "typing_extensions",
}
"""Modules that can be told to do nothing but compute."""

_IMPURE = {
    *("__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "globals", "hash", "id"),
    *("input", "locals", "open", "print", "vars"),
}
"""Built-in functions that reach beyond, or give something else each time."""


def pure_inputs(file: Path) -> tuple[Path, ...] | None:
    """Give all files that the evaluation of a pipeline file depends on.

    Only what can be seen to do nothing but compute counts: no module is imported but a few of the standard
    library and the file's neighbours, for which the same holds, and none of the functions is called that
    read files, print or evaluate text. A file that reads a variable of the environment, say, is not such.

    Arguments:
        file: the pipeline file.

    Returns:
        The file, its neighbours that it imports, and the directories in which these are looked for; None if
        it depends on more.
    """
    found: dict[Path, None] = {}
    pending = [file]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found[path] = None
        imported = _imports(path)
        if imported is None:
            return None
        for name in imported - _PURE:
            neighbours = _neighbours(file.parent, name.partition(".")[0])
            if not neighbours:
                return None
            pending += neighbours
    directories = dict.fromkeys(path.parent for path in found)
    return (*found, *directories)


def _imports(path: Path) -> set[str] | None:
    """Name the modules that a file imports, but for relatives; None if it does more than compute."""
    if path.suffix != ".py":
        return None
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module)
            case ast.Name(id=name) if name in _IMPURE:
                return None
            case _:
                pass
    return names


def _neighbours(folder: Path, name: str) -> list[Path]:
    """Give the files of a module that lies beside the pipeline file; of a package, all."""
    if (folder / name).is_dir():
        return sorted((folder / name).rglob("*.py"))
    module = folder / f"{name}.py"
    return [module] if module.is_file() else []
