"""Values of environment variables, which PipelineLib hands to a shell in double quotes: §5.2 of its spec.

The shell expands what starts with a dollar sign and takes away backslashes. Here there is no shell, so that
a value is read as what the shell makes of it, and written so that the shell makes the same of it.
"""

from __future__ import annotations

import re

_ESCAPED = re.compile(r'\\(["\\$`])')
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_SPECIAL = re.compile(r'["\\`]|\$(?!\{)')
_BACKSLASHES = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")


def unquoted(text: str) -> str:
    """Give what a shell makes of a text between double quotes; ``$NAME`` becomes ``${NAME}``.

    Arguments:
        text: the text, without expressions.
    """
    parts = _ESCAPED.split(text)  # text, escaped sign, text, ...
    return "".join(part if index % 2 else _VARIABLE.sub(r"${\1}", part) for index, part in enumerate(parts))


def quoted(text: str) -> str:
    """Write a text such that a shell makes it of what is between double quotes.

    Arguments:
        text: the text, without expressions.
    """
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def ends_in_escape(text: str) -> bool:
    """Tell whether the sign that follows a text would be escaped."""
    return _BACKSLASHES.search(text) is not None


def doubts(text: str) -> str:
    """Say what of a text a shell does something with that is hardly meant; nothing if there is no such thing.

    Arguments:
        text: the text, without expressions.
    """
    plain = _ESCAPED.sub("", text)
    if "`" in plain or "$(" in plain:
        return "executed a command in it"
    return "took quotes out of it" if '"' in plain else ""
