"""Names and values in one line: every character can be seen, and long ones are cut where it matters least."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline_dsl.cache.key import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_dsl.cache.key import Json

LONGEST = 40
"""Characters of a value that are shown in a line."""

_BEFORE = 10
"""Of these, the ones before a difference."""

_LONGEST_PATH = 60
_DIGEST = re.compile(r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b")


def as_text(value: Json) -> str:
    """Give text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else _json(value)


def visible(text: str) -> str:
    """Show what cannot be seen: control characters, turns of the direction, bytes that are no UTF-8."""
    return text if text.isprintable() else "".join(map(_sign, text))


def quoted(text: str) -> str:
    """Give a text as it is; in quotes where one could not see where it begins or ends, or what it holds."""
    if text and text.isprintable() and not re.search(r"[\s'\"]", text):
        return text
    return "'" + "".join(f"\\{sign}" if sign in "\\'" else _sign(sign) for sign in text) + "'"


def words(texts: Iterable[str]) -> str:
    """Give the words of a command line, or of any other list."""
    return " ".join(map(quoted, texts)) or "none"


def cut(text: str, longest: int = LONGEST) -> str:
    """Give the beginning of a long text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def brief(value: Json) -> str:
    """Show a value, cut where it is long."""
    return quoted(cut(as_text(value)))


def path(name: str, longest: int = _LONGEST_PATH) -> str:
    """Show the path of a file, without its beginning where it is long."""
    if len(name) > longest:
        name = f"…{name[1 - longest :]}"
    return name if name.isprintable() and name == name.strip(" '\"") and name else quoted(name)


def reference(image: str) -> str:
    """Show the name of an image, without its registry where it is long."""
    short = _DIGEST.sub(r"\1…", image)
    return visible(short if len(short) <= LONGEST or "/" not in short else f"…/{short.rpartition('/')[2]}")


def contrast(now: Json, before: Json) -> tuple[str, str]:
    """Show two values that are not equal, so that one sees where they differ.

    Arguments:
        now: the one.
        before: the other.
    """
    texts = as_text(now), as_text(before)
    if texts[0] == texts[1]:  # 1 and "1"
        texts = _json(now), _json(before)
    one, other = windows(*texts)
    return quoted(one), quoted(other)


def windows(now: str, before: str, longest: int = LONGEST) -> tuple[str, str]:
    """Cut two texts that are not equal so that the place where they part is in both.

    Arguments:
        now: the one.
        before: the other.
        longest: characters to be left of each.
    """
    parting = len(_common(now, before))
    start = 0 if max(len(now), len(before)) <= longest or parting < longest // 2 else parting - _BEFORE
    lead = "…" if start else ""
    return cut(lead + now[start:], longest), cut(lead + before[start:], longest)


def _json(value: Json) -> str:
    return canonical(value).decode("utf-8", "surrogatepass")


def _common(one: str, other: str) -> str:
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    return one[: min(len(one), len(other)) if length is None else length]


def _sign(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # a byte of a file name that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
