"""Values are hidden however they are spelt, and nothing else is."""

from __future__ import annotations

import base64
import json
import shlex
import string
import subprocess
import timeit
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.settings import Mask

if TYPE_CHECKING:
    from random import Random

PRINTABLE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="*\x85")
VALUES = st.text(PRINTABLE, min_size=6).filter(lambda value: value == value.strip())
LOWER = st.text(string.ascii_lowercase + " .,:;\n")
UPPER = st.text(string.ascii_uppercase + string.digits, min_size=1)


@given(st.lists(UPPER), LOWER)
def test_a_text_without_a_value_stays_as_it_is(values: list[str], text: str) -> None:
    """The values are too short to be looked for in base64, which may hold any letter."""
    mask = Mask(value[:3] for value in values)
    assert mask.hide(text) == text


@given(LOWER, UPPER, LOWER)
def test_a_value_of_any_length_is_hidden_and_all_around_it_stays(before: str, value: str, after: str) -> None:
    assert Mask([value]).hide(before + value + after) == f"{before}***{after}"


@given(st.lists(VALUES, min_size=1), st.lists(st.text(PRINTABLE)), st.randoms(use_true_random=False))
def test_no_value_is_left(values: list[str], others: list[str], random: Random) -> None:
    pieces = [*values, *others]
    random.shuffle(pieces)
    hidden = Mask(values).hide("".join(pieces))
    assert not any(value in hidden for value in values)


NO_TEXT = st.lists(st.integers(0xF8, 0xFF), max_size=7).map(bytes)
"""Bytes that no value has, so that it is there only once."""


@given(VALUES, NO_TEXT, NO_TEXT, st.sampled_from([b"+/", b"-_"]))
def test_in_base64_every_character_that_depends_on_the_value_is_hidden(
    value: str, before: bytes, after: bytes, alphabet: bytes
) -> None:
    data = value.encode()
    text = base64.b64encode(before + data + after, alphabet).decode()
    start = 8 * len(before) // 6
    end = -(8 * (len(before) + len(data)) // -6)
    assert Mask([value]).hide(text) == f"{text[:start]}***{text[end:]}"


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize("length", range(4, 9))
@pytest.mark.parametrize("alphabet", [b"+/", b"-_"])
def test_in_base64_all_places_and_lengths_are_the_same(alphabet: bytes, length: int, offset: int) -> None:
    value = "?>~o?>>?"[:length]
    before, data = b"\xfb\xef\xbe\xff"[:offset], value.encode()
    text = base64.b64encode(before + data + b"\xff", alphabet).decode()
    start, end = 8 * offset // 6, -(8 * (offset + len(data)) // -6)
    assert Mask([value]).hide(text) == f"{text[:start]}***{text[end:]}"


@given(VALUES)
def test_in_urls_json_and_shells_it_is_hidden(value: str) -> None:
    mask = Mask([value])
    assert mask.hide(quote(value)) == "***"
    assert mask.hide(quote_plus(value)) == "***"
    assert mask.hide(quote(value, safe="")) == "***"
    assert mask.hide(json.dumps(value)) == '"***"'
    assert mask.hide(json.dumps(value, ensure_ascii=False)) == '"***"'
    assert mask.hide(shlex.quote(value)).strip("'") == "***"
    assert mask.hide(repr(value))[1:-1] == "***"


@pytest.mark.parametrize("value", ["pa$$ w0rd'\"\\`x", "it's; & a|b >c", "a\tb'c", "ünï/cödé+x"])
def test_what_programs_make_of_it_is_hidden(value: str) -> None:
    for script in ('printf %q "$1"', 'set -x; : "$1"', 'base64 <<< "$1"', 'printf "%s" "$1" | base64 -w0'):
        told = subprocess.run(
            ["bash", "-c", script, "-", value],
            capture_output=True,
            text=True,
            check=True,
            env={"LC_ALL": "C.UTF-8"},
        )
        hidden = Mask([value]).hide(told.stdout + told.stderr)
        assert "***" in hidden
        assert len(hidden) <= len("+ : '***'\n")


@pytest.mark.parametrize("program", [["base64"], ["base64", "-w64"], ["base64", "-w0"]])
def test_base64_that_is_broken_into_lines_is_hidden(program: list[str]) -> None:
    value = "".join(chr(33 + number * 7 % 90) for number in range(200))
    told = subprocess.run(program, input=value, capture_output=True, text=True, check=True)
    mask = Mask([value])
    assert {mask.hide(line) for line in told.stdout.splitlines()} <= {"***", "***=", "***=="}


def test_each_line_of_a_value_is_hidden_but_not_brackets() -> None:
    key = '{\n  "type": "service_account",\n  "key": "abc"\n}\n'
    mask = Mask([key])
    assert mask.hide(key) == "***"
    assert [mask.hide(line) for line in key.splitlines()] == ["{", "  ***", "  ***", "}"]
    assert mask.hide(key.replace("\n", "\r\n")) == "{\r\n  ***\r\n  ***\r\n}\r\n"
    assert mask.hide(base64.b64encode(b'"key": "abc"').decode()) == "***"


def test_values_that_overlap_are_hidden_whole() -> None:
    assert Mask(["abcd", "cdefgh"]).hide("xabcdefghx") == "x***x"
    assert Mask(["abc", "abcdef"]).hide("abcdefabcx") == "******x"
    assert Mask(["aa"]).hide("aaa") == "***"


def test_a_short_value_is_hidden_but_not_looked_for_in_base64() -> None:
    mask = Mask(["abc"])
    assert mask.hide("abcd") == "***d"
    assert mask.hide(base64.b64encode(b"abc").decode()) == base64.b64encode(b"abc").decode()


def test_blank_values_hide_nothing() -> None:
    assert Mask(["", " ", "\n"]).hide("a b\n") == "a b\n"
    assert Mask([]).hide("a b\n") == "a b\n"


def test_blanks_around_a_value_may_be_missing() -> None:
    assert Mask(["\thunter2 \n"]).hide("<hunter2>") == "<***>"


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert Mask(["hunter2"]).hide("\udcff hunter2 \udc80") == "\udcff *** \udc80"


@pytest.mark.parametrize("values", [1, 3, 40])
def test_a_line_without_a_hit_costs_next_to_nothing(values: int) -> None:
    """Two microseconds on an idle machine; a regular expression of 40 values takes twenty times as long."""
    line = "[12:33:01] INFO  com.example.service.Handler - GET /api/v1/items?limit=20 200 in 13 ms (cache)"
    mask = Mask(f"{number}-hunter2/{number * 7919:x}+{number * 104729:x}" for number in range(values))
    assert mask.hide(line) == line
    assert min(timeit.repeat(lambda: mask.hide(line), number=1000, repeat=20)) / 1000 < 6e-6
