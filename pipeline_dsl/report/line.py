"""Lines that containers print, made safe to show: whatever they hold, one line stays one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.ansi import AnsiDecoder
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

_TAB = 8
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ESCAPE = re.compile(
    r"""
      \x1b\[[0-?]*[ -/]*(?:[@-~]|$)            # colours, cursor moves, erasures
    | \x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)  # titles, links, images
    | \x1b[ -/]*(?:[0-~]|$)                    # character sets, resets
    """,
    re.VERBOSE,
)
_BREAK = re.compile(r"[\n\v\f\x85\u2028\u2029]")
_CONTROL = re.compile(
    r"""
      [\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]  # all but the tab and the escape
    | [\u202a-\u202e\u2066-\u2069]            # turn the direction of the text that follows
    | \x1b(?!\[[0-9;]*m)                      # begins no colour
    """,
    re.VERBOSE,
)
_JOINER = re.compile("[\u200d\ufe0e\ufe0f]")


def clean(line: str) -> str:
    """Give the text of a line as a terminal would leave it: no escapes, no control characters, no tabs.

    Arguments:
        line: a line of output, without its line end.
    """
    text = _legible(_ESCAPE.sub("", line)).replace("\x1b", "")
    return _spread(Text(text)).plain if "\t" in text else text


def clean_lines(text: str) -> list[str]:
    """Give the cleaned lines of a text, none for an empty one.

    Arguments:
        text: any number of lines, separated by line feeds.
    """
    return [clean(line) for line in text.split("\n")] if text else []


def painted(line: str, console: Console) -> Text:
    """Give a line in the colours in which it was printed, or in none where the console has none.

    Arguments:
        line: a line of output, without its line end.
        console: where it will be shown.
    """
    if "\x1b" not in line or not has_colour(console):
        return Text(clean(line))
    return _spread(AnsiDecoder().decode_line(_legible(_ESCAPE.sub(_keep_colour, line))))


def has_colour(console: Console) -> bool:
    """Tell whether a console shows colours: it is a terminal that can, and ``NO_COLOR`` is not set.

    Arguments:
        console: the console.
    """
    return console.color_system is not None and not console.no_color


def measurable(text: str) -> str:
    """Take out of a text what joins emoji: terminals disagree on the width of the result.

    Arguments:
        text: a cleaned line that must not be wider than it is said to be.
    """
    return _JOINER.sub("", text)


def _keep_colour(escape: re.Match[str]) -> str:
    return escape[0] if _COLOUR.fullmatch(escape[0]) else ""


def _legible(line: str) -> str:
    """Give what a line shows whose escapes are gone, but for colours."""
    return _CONTROL.sub("", _BREAK.sub(" ", _overtyped(line)))


def _spread(text: Text) -> Text:
    """Replace tabs by blanks, counting cells, as the tab stops of a terminal do."""
    text.expand_tabs(_TAB)
    return text


def _overtyped(line: str) -> str:
    """Give the last state of a line that overtypes itself by carriage returns, as progress bars do."""
    if "\r" not in line:
        return line
    return next((state for state in reversed(line.split("\r")) if _ESCAPE.sub("", state).strip()), "")
