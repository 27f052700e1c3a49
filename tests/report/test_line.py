from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipeline_dsl.report.line import clean, painted

_PIECES = st.sampled_from(["\x1b", "\x1b[31m", "\x1b[38;5m", "\x1b]0;", "\x07", "[2K", "\r", "\t", "漢", "m"])
_LINES = st.lists(st.one_of(_PIECES, st.text(max_size=3))).map("".join)


def _console(*, colour: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=colour, color_system="256" if colour else None, width=40
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m text", "red text"),
        ("\x1b[2K\x1b[1Gmoved", "moved"),
        ("\x1b]0;title\x07named", "named"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bcharset", "charset"),
        ("cut off \x1b[3", "cut off "),
        ("never ended \x1b]0;title", "never ended 0;title"),
        ("bell\x07 and null\x00", "bell and null"),
        ("a\tb", "a       b"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("100 %\r\x1b[K", "100 %"),
        ("windows\r", "windows"),
        ("one\x0bline\u2028only", "one line only"),
        ("\u202ereversed", "reversed"),
        ("[bold]kept[/bold] :smile:", "[bold]kept[/bold] :smile:"),
        ("wide 漢字", "wide 漢字"),
        ("漢\tb", "漢      b"),
    ],
)
def test_a_line_is_left_as_its_text(line: str, shown: str) -> None:
    assert clean(line) == shown


@given(_LINES)
def test_nothing_that_a_container_prints_gets_to_control_the_terminal(line: str) -> None:
    for shown in (clean(line), painted(line, _console(colour=True)).plain):
        assert [char for char in shown if unicodedata.category(char) == "Cc"] == []


@given(_LINES)
def test_a_line_has_the_same_text_with_colours_and_without(line: str) -> None:
    with_colour, without = (painted(line, _console(colour=colour)).plain for colour in (True, False))

    assert with_colour == without


def test_colours_are_kept_where_the_console_has_colours() -> None:
    console = _console(colour=True)

    with console.capture() as capture:
        console.print(painted("\x1b[31mred\x1b[2K\x1b[0m", console))

    assert capture.get() == "\x1b[31mred\x1b[0m\n"


def test_no_color_takes_all_styles_off_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert painted("\x1b[1;31mred\x1b[0m", _console(colour=True)).spans == []
