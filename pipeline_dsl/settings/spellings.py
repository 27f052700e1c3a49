"""The spellings of a value that programs print: quoted, escaped, encoded."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST = 4
"""Characters that a value has at least to be looked for in base64, or a line of one at all."""

_LINES = (64, 76)
"""After how many characters programs break lines of base64: openssl, and the others."""

_SHORTEST_PIECE = 8
"""Characters that the last line of base64 has at least to be looked for."""

_C_ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t", "'": "\\'", "\\": "\\\\"})

_FOREIGN = (0, 2, 3)
"""How many of the first characters of base64 depend on 0, 1 and 2 bytes before a value."""


@dataclasses.dataclass(frozen=True)
class Spelling:
    """What a value can look like.

    Arguments:
        text: the characters.
        before: what may stand before them and depends on the value in part.
        after: what may stand after them and does.
    """

    text: str
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()


def spellings(value: str) -> Iterator[Spelling]:
    """Give what a value can look like, and what its lines can.

    Arguments:
        value: a secret.
    """
    for part in _parts(value):
        yield from map(Spelling, _literal(part))
        yield from _base64(part.encode())


def _parts(value: str) -> tuple[str, ...]:
    """Give a value, its lines, and both without the blanks around them."""
    stripped = [part.strip() for part in (value, *value.splitlines())]
    parts = [value, *(part for part in stripped if len(part) >= SHORTEST)]
    return tuple(dict.fromkeys(parts)) if value.strip() else ()


def _literal(text: str) -> Iterator[str]:
    yield text
    urls = [quote(text), quote(text, safe=""), quote(text, safe="!'()*"), quote_plus(text)]
    yield from urls
    yield from (re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), url) for url in urls)
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (escaped, escaped.replace("/", "\\/"))
    yield repr(text)[1:-1]
    yield from (text.replace("'", "'\\''"), text.replace("'", "'\"'\"'"))  # in a shell's single quotes,
    yield text.translate(_C_ESCAPES)  # in those after a dollar sign,
    yield re.sub(r'([$`"\\])', r"\\\1", text)  # in double quotes,
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)  # and in none


def _base64(data: bytes) -> Iterator[Spelling]:
    if len(data) < SHORTEST:
        return
    for alphabet in (b"+/", b"-_"):
        aligned = [_aligned(data, offset, alphabet) for offset in range(3)]
        yield from aligned
        yield from _broken(aligned[0])


def _aligned(data: bytes, offset: int, alphabet: bytes) -> Spelling:
    """Give what a value looks like inside of longer base64.

    Arguments:
        data: the value.
        offset: how many bytes stand before it, modulo 3.
        alphabet: the last two characters of base64.
    """

    def characters(position: int, alternatives: Iterable[bytes]) -> frozenset[str]:
        encoded = (base64.b64encode(one, alphabet).decode() for one in alternatives)
        return frozenset(text[position] for text in encoded)

    whole = bytes(offset) + data
    start, (end, is_split) = _FOREIGN[offset], divmod(8 * len(whole), 6)
    rest = whole[len(whole) // 3 * 3 :]
    return Spelling(
        base64.b64encode(whole, alphabet).decode()[start:end],
        characters(start - 1, (bytes([x] * offset) + data[:1] for x in range(16))) if offset else frozenset(),
        characters(end % 4, (rest + bytes([x << 4]) for x in range(16))) if is_split else frozenset(),
    )


def _broken(whole: Spelling) -> Iterator[Spelling]:
    """Give the lines that base64 is broken into, if it is."""
    for width in _LINES:
        *lines, last = (whole.text[start : start + width] for start in range(0, len(whole.text), width))
        yield from map(Spelling, lines)
        if lines and len(last) >= _SHORTEST_PIECE:
            yield dataclasses.replace(whole, text=last)
