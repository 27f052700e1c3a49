"""What a YAML text means by the rules of YAML 1.1, and where everything stands in it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pipeline_dsl.errors import DefinitionError, Position
from pipeline_dsl.formats.yaml import Entry, Mapping, Node, Scalar, Sequence, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


def plain(node: Node | None) -> Plain:
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key: plain(entry.value) for entry in node}
        case _:
            return None


def parsed(text: str) -> Plain:
    return plain(parse(textwrap.dedent(text), "f.yaml"))


def refusal(text: str) -> str:
    with pytest.raises(DefinitionError) as refused:
        parse(text, "f.yaml")
    return str(refused.value)


@pytest.mark.parametrize("word", ["y", "Y", "yes", "Yes", "YES", "on", "On", "true", "True", "TRUE"])
def test_words_for_true_are_true(word: str) -> None:
    """YAML 1.1 has many of them, and go-yaml takes them all."""
    assert parsed(word) is True


@pytest.mark.parametrize("word", ["n", "N", "no", "No", "NO", "off", "Off", "false", "False", "FALSE"])
def test_words_for_false_are_false(word: str) -> None:
    """YAML 1.1 has many of them, and go-yaml takes them all."""
    assert parsed(word) is False


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 8),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("-3", -3),
        ("+3", 3),
        ("1.50", 1.5),
        ("1e3", "1e3"),
        ("089", "089"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("~", None),
        ("null", None),
        ("=", "="),
        ("!!str yes", "yes"),
        ("!!str 5", "5"),
        ("'yes'", "yes"),
        ('"\\u00fc"', "ü"),
        ("v4", "v4"),
    ],
)
def test_scalars_mean_what_go_yaml_takes_them_for(text: str, value: Plain) -> None:
    """Numbers in several bases are numbers, times of day and dates are text, quotes make strings."""
    assert (type(value), value) == (type(parsed(text)), parsed(text))


def test_keys_that_are_no_strings_become_strings() -> None:
    """As go-yaml and the conversion to JSON have it."""
    expected = {"true": 1, "1": 2, "null": 3, "y": 4}
    assert expected == parsed("{y: 1, 1: 2, ~: 3, 'y': 4}")


def test_merge_keys_give_what_the_mapping_does_not_say_itself() -> None:
    """Own entries win wherever they stand, and of several merged mappings the first one."""
    text = """
        - &one {a: 1, b: 1}
        - &two {b: 2, c: 2}
        - {<<: *one, a: 0}
        - {a: 0, <<: *one}
        - {<<: [*one, *two]}
    """
    whole = parsed(text)
    assert isinstance(whole, list)
    assert whole[2:] == [{"b": 1, "a": 0}, {"b": 1, "a": 0}, {"a": 1, "b": 1, "c": 2}]


def test_a_merge_key_below_what_it_holds_too_is_known() -> None:
    """go-yaml 2 lets it replace what stands above it."""
    node = parse("- &one {a: 1}\n- a: 0\n  <<: *one\n- <<: *one\n  a: 0\n", "f.yaml")
    assert isinstance(node, Sequence)
    contested = [[entry.key for entry in item.contested] for item in node.items if isinstance(item, Mapping)]
    assert contested == [[], ["a"], []]


def test_aliases_stand_for_what_their_anchor_holds() -> None:
    """Where the anchor stands is where the value stands."""
    node = parse("a: &x [1]\nb: *x\n", "f.yaml")
    assert isinstance(node, Mapping)
    assert node.get("a") is node.get("b")


def test_of_repeated_keys_the_last_one_counts_and_the_others_are_known() -> None:
    """As with go-yaml."""
    node = parse("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert isinstance(node, Mapping)
    assert plain(node) == {"b": 2, "a": 3}
    assert [("a", Position("f.yaml", 1, 1))] == [(entry.key, entry.at) for entry in node.repeated]


def test_only_the_first_document_is_read() -> None:
    """What follows need not even be YAML."""
    assert parsed("a: 1\n---\nb: [\n") == {"a": 1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n...\n", "\n\n"])
def test_a_text_without_a_value_has_none(text: str) -> None:
    """Comments and separators are no values."""
    assert parsed(text) is None


def test_everything_knows_its_line_and_column() -> None:
    """Counted from 1; a key and its value each have theirs."""
    node = parse("a:\n  - {b: 'c'}\n", "f.yaml")
    assert [(one.key, one.at.line, one.at.column) for one in _entries(node)] == [("a", 1, 1), ("b", 2, 6)]
    assert [(one.value.at.line, one.value.at.column) for one in _entries(node)] == [(2, 3), (2, 9)]


def _entries(node: Node | None) -> Iterator[Entry]:
    if isinstance(node, Mapping):
        for entry in node:
            yield entry
            yield from _entries(entry.value)
    for item in node.items if isinstance(node, Sequence) else ():
        yield from _entries(item)


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1\n", "a: 1\r\n", "a:\t1 #\tx\n", "%YAML 1.1\n---\na: 1\n", "a: 1"]
)
def test_byte_order_marks_windows_line_ends_tabs_and_directives_change_nothing(text: str) -> None:
    """Real files have them all."""
    assert parsed(text) == {"a": 1}


def test_blocks_keep_or_fold_their_lines() -> None:
    """With `|` and `>`, and what their signs say of the end."""
    text = """
        kept: |
          a
           b # no comment
        folded: >-
          a
          b
    """
    assert parsed(text) == {"kept": "a\n b # no comment\n", "folded": "a b"}


def test_aliases_cannot_nest_what_is_not_nested_in_the_text() -> None:
    """Which would exhaust the stack of whoever walks through it."""
    links = "".join(f"- &a{number + 1} {'[' * 40}*a{number}{']' * 40}\n" for number in range(4))
    assert refusal(f"- &a0 1\n{links}") == "f.yaml:3:3: this is nested too deeply. [malformed-yaml]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: [",
            "f.yaml:2:1: this is not YAML: did not find expected node content, while parsing a flow node.",
        ),
        ("a: b: c", "f.yaml:1:5: this is not YAML: mapping values are not allowed in this context."),
        ("\ta: 1", "f.yaml:1:1: this is not YAML: found character that cannot start any token"),
        ("a: *b", "f.yaml:1:4: this is not YAML: found undefined alias."),
        ("a: 1\nb: \x00", "f.yaml:2:4: "),
        ("? [a]\n: 1", "f.yaml:1:3: a key must be a single value."),
        ("<<: 1", 'f.yaml:1:5: what "<<" merges must be mappings.'),
        ("a: &a [*a]", "f.yaml:1:4: this refers to itself."),
        ("a: &a {<<: *a}", "f.yaml:1:4: this refers to itself."),
        ("[" * 150 + "]" * 150, "f.yaml:1:101: this is nested too deeply."),
        ("[" * 100_000, "f.yaml:1"),
        ("[" * 100_000 + "]" * 100_000, "f.yaml:1"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text: str, message: str) -> None:
    """Line and column, and what the parser stumbled over."""
    assert refusal(text).startswith(message)
