"""Strings as Python literals, quoted as ``ruff format`` quotes them."""

from __future__ import annotations

_KNOWN = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}


def literal(text: str) -> str:
    """Write a string, one of several lines in triple quotes where that shows it as it is."""
    if "\n" in text and not text.isspace() and all(map(_can_be_shown, text.split("\n"))):
        lines = "\n".join("".join(map(_escape, line)) for line in text.split("\n"))
        return '"""\\\n' + lines + '"""'
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(f"\\{sign}" if sign == quote else _escape(sign) for sign in text) + quote


def _can_be_shown(line: str) -> bool:
    """Tell whether a line looks in triple quotes as it is: blanks at its end do not show."""
    printable = line.replace("\t", "").isprintable()
    return printable and line == line.rstrip() and '"""' not in line and not line.endswith('"')


def _escape(sign: str) -> str:
    return _KNOWN.get(sign) or (sign if sign.isprintable() else ascii(sign)[1:-1])
