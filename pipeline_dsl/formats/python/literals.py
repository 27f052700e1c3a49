"""Strings as Python literals, quoted as ``ruff format`` quotes them."""

from __future__ import annotations


def literal(text: str) -> str:
    """Write a string, one of several lines in triple quotes where that shows it as it is."""
    if "\n" in text and _is_printable(text) and '"""' not in text and not text.endswith('"'):
        return f'"""\\\n{text}"""'
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escape(sign, quote) for sign in text) + quote


def _is_printable(text: str) -> bool:
    lines = text.split("\n")
    return "\\" not in text and all(line.isprintable() and line == line.rstrip() for line in lines)


def _escape(sign: str, quote: str) -> str:
    if sign in (quote, "\\"):
        return f"\\{sign}"
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(sign)
    if known or sign.isprintable():
        return known or sign
    return ascii(sign)[1:-1]
