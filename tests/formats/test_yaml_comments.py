"""Which comments a YAML text has, and what each is about."""

from __future__ import annotations

import textwrap

import pytest

from pipeline_dsl.formats.yaml import comments


def found(text: str) -> list[tuple[str, int, bool]]:
    return [(one.text, one.about, one.is_below) for one in comments(textwrap.dedent(text).lstrip("\n"))]


def test_a_comment_is_about_what_stands_beside_it() -> None:
    """On the same line, before it."""
    assert found("a: 1 # c\nb: # d\n  - 1\n") == [("# c", 1, False), ("# d", 2, False)]


def test_a_comment_on_its_own_line_is_about_what_follows() -> None:
    """Several of them in a row, and blank lines, make no difference."""
    assert found("# c\n# d\n\na: 1\n") == [("# c", 4, False), ("# d", 4, False)]


def test_a_comment_that_is_indented_more_than_what_follows_is_about_what_it_continues() -> None:
    """Settings that are commented out at the end of a variant belong to that variant."""
    text = """
        one:
          two:
            - 3
            # four: 4
          # five: 5
        six: 7
        # eight: 9
    """
    assert found(text) == [("# four: 4", 3, True), ("# five: 5", 2, True), ("# eight: 9", 0, False)]


def test_a_comment_behind_everything_is_about_nothing() -> None:
    """Unless it is indented."""
    assert found("a: 1\n# c\n") == [("# c", 0, False)]
    assert found("a:\n  b: 1\n  # c\n") == [("# c", 2, True)]


def test_comments_in_flow_collections_are_found() -> None:
    """Between items, behind the comma, before the bracket."""
    text = """
        a: [ # c
          1, # d
          # e
          2
        ] # f
    """
    assert [one[:2] for one in found(text)] == [("# c", 1), ("# d", 2), ("# e", 4), ("# f", 5)]


def test_a_comment_behind_the_head_of_a_block_is_found() -> None:
    """What the block holds has none."""
    assert found("a: | # c\n  # d\n  x\nb: 1 # e\n") == [("# c", 1, False), ("# e", 4, False)]


@pytest.mark.parametrize(
    "text",
    ["a: 'x # y'", 'a: "x # y"', "a: x#y", "a: |\n  # x\n", "a: >\n  x # y\n", 'a: "x\n  # y"', "'#': 1"],
)
def test_a_number_sign_inside_a_value_starts_no_comment(text: str) -> None:
    """In quotes, in a block, or without a blank before it."""
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1 # c\r\nb: 1\r\n", "a: 1 # c\n---\nb: 1 # d\n", "a: 1 # c\n---\n[\n"]
)
def test_only_the_first_document_has_comments_of_interest(text: str) -> None:
    """A byte order mark and Windows line ends change nothing."""
    assert found(text) == [("# c", 1, False)]


def test_ten_thousand_comments_are_found_at_once() -> None:
    """Time grows with the text, not with its square."""
    text = "".join(f"{' ' * (number % 50)}# {number}\n" for number in range(10_000)) + "a: 1\n"
    assert len(comments(text)) == 10_000
