r"""Wildcards as Go's ``filepath.Match`` has them: the letters of COPY sources and of ``.dockerignore``.

``*`` and ``?`` stop at a slash, ``[a-z]`` and ``[^a-z]`` are sets of characters, ``\`` takes the next
character as it is. Two stars are a term of their own, which ``.dockerignore`` gives a meaning.

Rules: https://pkg.go.dev/path/filepath#Match
"""

from __future__ import annotations

import re

_MEMBER = r"(?:\\.|[^\\\]-])"
_RANGE = re.compile(rf"({_MEMBER})(?:-({_MEMBER}))?", re.DOTALL)
# Possessive, so that the caret of "[^]" is never taken for a member.
_SET = rf"\[\^?+(?:{_MEMBER}(?:-{_MEMBER})?+)++\]"
_TERM = re.compile(rf"\*\*/?|\\.|{_SET}|[^\\\[]", re.DOTALL)
_ESCAPED = re.compile(r"\\.", re.DOTALL)


class MalformedError(ValueError):
    """A pattern that cannot be read; its text says why, as the end of a sentence."""


def has_wildcard(name: str) -> bool:
    """Say whether COPY takes a name for a pattern; a name without a wildcard keeps its backslashes."""
    return any(character in "*?[" for character in _ESCAPED.sub("", name))


def terms(pattern: str) -> list[str]:
    r"""Split a pattern into its terms: ``**`` or ``**/``, ``*``, ``?``, ``[…]``, ``\c``, single characters.

    Raises:
        MalformedError: a set of characters is empty or not closed, or a backslash ends the pattern.
    """
    found: list[str] = []
    position = 0
    while position < len(pattern):
        term = _TERM.match(pattern, position)
        if term is None:
            raise MalformedError(_complaint(pattern[position:]))
        found.append(term[0])
        position = term.end()
    return found


def expression(term: str) -> str:
    """Write one term as a regular expression of Python's.

    Raises:
        MalformedError: a range such as ``z-a`` ends before it begins.
    """
    if term.startswith("*"):
        return "[^/]*"
    if term == "?":
        return "[^/]"
    if term.startswith("[") and len(term) > 1:
        return _set_expression(term)
    return re.escape(term[-1])


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile the pattern of a single name, to be used with ``fullmatch``.

    Raises:
        MalformedError: the pattern cannot be read.
    """
    return re.compile("".join(map(expression, terms(pattern))), re.DOTALL)


def _complaint(rest: str) -> str:
    return (
        "ends in a backslash"
        if rest == "\\"
        else "has a set [...] that is empty, not closed or not well formed"
    )


def _set_expression(term: str) -> str:
    negated = term.startswith("[^")
    members = (_range_expression(*found) for found in _RANGE.findall(term[2 if negated else 1 : -1]))
    return f"[{'^' if negated else ''}{''.join(members)}]"


def _range_expression(first: str, last: str) -> str:
    low = first[-1]
    if not last:
        return re.escape(low)
    high = last[-1]
    if high < low:
        raise MalformedError(f"has the range {low}-{high}, which ends before it begins")
    return f"{re.escape(low)}-{re.escape(high)}"
