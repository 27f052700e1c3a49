"""Leaving files out of what is copied from a variant or an image, where front ends know no ``--exclude``.

The files are removed in a stage of their own, on top of where they come from, and copied from there.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pipeline_dsl.image.syntax import InexpressibleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PIECES = re.compile(
    r"(?P<descend>\*\*/)|(?P<all>\*\*)|(?P<any>\*)|(?P<one>\?)|(?P<set>\[[^\]]+\])|\\?(?P<sign>.)", re.DOTALL
)
_SPECIAL = frozenset(".^$*+?()[]{}|\\")


def removal(sources: Sequence[str], patterns: Sequence[str]) -> Iterator[str]:
    """Give the shell commands that remove what is excluded.

    Arguments:
        sources: absolute paths, with the wildcards of COPY; patterns do not apply to one that is a file.
        patterns: patterns as in ``.dockerignore``, relative to each source.

    Raises:
        InexpressibleError: a pattern takes back what another excludes.
    """
    expressions = [_expression(pattern) for pattern in _effective(patterns)]
    if not expressions:
        return
    excluded = r"\./(" + "|".join(expressions) + ")"
    quoted = "'" + excluded.replace("'", "'\\''") + "'"
    find = f"find . -mindepth 1 -regextype posix-extended -regex {quoted} -prune -exec rm -rf {{}} +"
    for source in sources:
        yield f'for path in {_glob(source)}; do [ ! -d "$path" ] || (cd "$path" && {find}) || exit 1; done'


def _effective(patterns: Sequence[str]) -> list[str]:
    """Give the patterns that exclude something; if none does, there is nothing to be taken back either."""
    excluding = [pattern for pattern in patterns if not pattern.startswith("!")]
    if excluding and len(excluding) < len(patterns):
        raise InexpressibleError(
            'what is copied from a variant or an image cannot take back with "!" what it excludes',
            "Name what is not wanted, without what is.",
        )
    return [pattern for pattern in excluding if not pattern.startswith("/")]  # which never match


def _expression(pattern: str) -> str:
    """Write a pattern as an extended regular expression for the whole of a relative path."""
    return "".join(map(_piece, _PIECES.finditer(posixpath.normpath(pattern))))


def _piece(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "descend":
            return "(.*/)?"
        case "all":
            return ".*"
        case "any":
            return "[^/]*"
        case "one":
            return "[^/]"
        case "set":
            return match[0]
        case _:
            return f"\\{match['sign']}" if match["sign"] in _SPECIAL else match["sign"]


def _glob(path: str) -> str:
    """Write a path for the shell: its wildcards count, and nothing else of it does."""
    return re.sub(r"[^\w./*?\[\]-]", lambda match: f"\\{match[0]}", path)
