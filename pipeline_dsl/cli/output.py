"""Writing what a command has made."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline_dsl.errors import Problem, UsageError

STANDARD_OUTPUT = Path("-")
"""The path that stands for standard output."""


def write_new(text: str, path: Path, *, force: bool) -> None:
    """Write a file, or print it.

    Arguments:
        text: what it is to hold.
        path: where; `STANDARD_OUTPUT` to print it.
        force: whether a file that is there may be overwritten.

    Raises:
        UsageError: there is a file, or it cannot be written.
    """
    if path == STANDARD_OUTPUT:
        print(text, end="")
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "Give --force to overwrite it, or -o for another place."
        raise UsageError([Problem("file-exists", f"{path} is there already.", hint=hint)]) from None
    except OSError as error:
        raise UsageError([Problem("not-writable", f"{path} cannot be written: {error.strerror}.")]) from None
    print(f"wrote {path}", file=sys.stderr)
