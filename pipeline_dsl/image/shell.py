"""Commands for the shell: the first word is the author's text, what follows is quoted."""

from __future__ import annotations

import re

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_LITERALLY = str.maketrans({character: f"\\{character}" for character in '\\"$`'})


def quoted(argument: str) -> str:
    """Put an argument into double quotes. The shell still expands ``$NAME`` and ``$(…)`` in it."""
    return f'"{argument.translate(_ESCAPES)}"'


def command(word: str, *arguments: str) -> str:
    """Put a command together, as ``spec/blubber.md`` §3.4 has it.

    Arguments:
        word: text for the shell as it is. Each ``%s`` in it takes one of the arguments, quoted, as long
            as there are enough for all of them; else a ``%`` is a ``%``.
        arguments: further words, each quoted.
    """
    slots = word.count("%s")
    if 0 < slots <= len(arguments):
        filling = iter(arguments[:slots])
        word = re.sub("%s", lambda _: quoted(next(filling)), word)
        arguments = arguments[slots:]
    return " ".join([word, *map(quoted, arguments)])


def literal(path: str) -> str:
    """Put a path into double quotes, such that the shell takes every character of it as it is."""
    return f'"{path.translate(_LITERALLY)}"'
