"""Compiling an author's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import types
    from pathlib import Path


def compiled(source: bytes | str, file: Path) -> types.CodeType:
    """Compile a file of Python.

    Arguments:
        source: what it holds.
        file: where it is, for tracebacks.

    Raises:
        SyntaxError: it is no Python; that is so of a null byte, too, which Python 3.11.3 calls a ValueError.
    """
    try:
        return compile(source, file, "exec")
    except ValueError as error:
        raise SyntaxError(str(error)) from None
