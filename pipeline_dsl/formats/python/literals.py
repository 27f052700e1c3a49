"""Strings as Python literals, quoted as ``ruff format`` quotes them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

_KNOWN = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}


@dataclasses.dataclass(frozen=True)
class Code:
    """A Python expression inside a string.

    Arguments:
        name: a name, perhaps with dots.
        argument: the string that it is called with; None for no call.
    """

    name: str
    argument: str | None = None

    def spelled(self, quote: str = '"') -> str:
        """Write it.

        Arguments:
            quote: the quotation mark around its argument.
        """
        return self.name if self.argument is None else f"{self.name}({quote}{self.argument}{quote})"


Piece: TypeAlias = str | Code


def literal(text: str) -> str:
    """Write a string, one of several lines in triple quotes where that shows it as it is."""
    if _has_lines_to_show(text):
        lines = "\n".join("".join(map(_escape, line)) for line in text.split("\n"))
        return '"""\\\n' + lines + '"""'
    quote = _quote(text)
    return quote + _quoted(text, quote) + quote


def formatted(pieces: Sequence[Piece]) -> str:
    """Write a string of which some pieces are expressions.

    Arguments:
        pieces: the pieces.
    """
    texts = [piece.replace("{", "{{").replace("}", "}}") for piece in pieces if isinstance(piece, str)]
    text = "".join(texts)
    is_long = _has_lines_to_show("".join(piece if isinstance(piece, str) else "_" for piece in pieces))
    quote = _quote(text)
    inner = "'" if quote == '"' else '"'
    ahead = iter(texts)
    written = ""
    for piece in pieces:
        if isinstance(piece, Code):
            written += f"{{{piece.spelled(inner)}}}"
        elif is_long:
            written += "\n".join("".join(map(_escape, line)) for line in next(ahead).split("\n"))
        else:
            written += _quoted(next(ahead), quote)
    return f'f"""\\\n{written}"""' if is_long else f"f{quote}{written}{quote}"


def _has_lines_to_show(text: str) -> bool:
    return "\n" in text and not text.isspace() and all(map(_can_be_shown, text.split("\n")))


def _quote(text: str) -> str:
    return "'" if text.count('"') > text.count("'") else '"'


def _quoted(text: str, quote: str) -> str:
    return "".join(f"\\{sign}" if sign == quote else _escape(sign) for sign in text)


def _can_be_shown(line: str) -> bool:
    """Tell whether a line looks in triple quotes as it is: blanks at its end do not show."""
    printable = line.replace("\t", "").isprintable()
    return printable and line == line.rstrip() and '"""' not in line and not line.endswith('"')


def _escape(sign: str) -> str:
    return _KNOWN.get(sign) or (sign if sign.isprintable() else ascii(sign)[1:-1])
