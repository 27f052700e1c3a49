"""YAML that is written reads back as it was meant, with every reader that we have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_dsl.formats.yaml import Mapping, Node, Scalar, Sequence, dump, parse

if TYPE_CHECKING:
    from pipeline_dsl.formats.yaml.dump import Data

SIGNS = "yYnN01:.e+-_xo=<>\n\t #'\"\\ abc\x85\u2028\ufeff|&*!%@`{}[],?~"
STRINGS = st.text() | st.text(SIGNS, max_size=20) | st.from_regex(r"[-+]?[0-9a-fx_:.eo]{1,6}", fullmatch=True)


def plain(node: Node | None) -> object:
    match node:
        case Mapping():
            return {entry.key: plain(entry.value) for entry in node}
        case Sequence(items):
            return [plain(item) for item in items]
        case Scalar(value):
            return value
        case _:
            raise AssertionError(node)


@given(st.lists(STRINGS), STRINGS, st.dictionaries(STRINGS, STRINGS, max_size=3))
@example(["y", "1:30", "0o7", "1e3", "=", "<<", "2001-01-01"], " \n a", {"yes": "", "\x85": "\ufeff"})
def test_whatever_is_written_reads_back_equal(items: list[str], text: str, mapping: dict[str, str]) -> None:
    """By our parser and by PyYAML's own two."""
    document: dict[str, Data] = {"l": [*items], "d": [{"k": text, "l": [text]}], "m": {**mapping}}
    written = dump(document)
    assert document == plain(parse(written, "f.yaml"))
    assert document == yaml.safe_load(written)
    assert document == yaml.load(written, Loader=yaml.CSafeLoader)


def test_values_keep_their_kinds() -> None:
    """Numbers, booleans, nothing, and empty collections."""
    document: dict[str, Data] = {"a": 1, "b": True, "c": None, "d": [], "e": {}}
    assert document == plain(parse(dump(document), "f.yaml"))


@pytest.mark.parametrize(
    "word", ["y", "N", "yes", "1.0", "010", "1:30", "1e3", "0o7", "null", "~", "=", "1_0"]
)
def test_a_word_that_some_reader_takes_for_something_else_is_quoted(word: str) -> None:
    """go-yaml and SnakeYAML do not agree with PyYAML on all of them."""
    assert dump({"a": [word]}) in (f'a: ["{word}"]\n', f"a: ['{word}']\n")


def test_it_looks_as_a_person_would_write_it() -> None:
    """Keys in their order, lists of words on one line, longer texts as blocks."""
    document: dict[str, Data] = {
        "b": ["npm", "test"],
        "a": [{"from": "build", "source": "dist/"}],
        "script": "#!/bin/sh\nmake\n",
        "same": ["npm", "test"],
    }
    assert dump(document) == (
        "b: [npm, test]\n"
        "a:\n"
        "  - from: build\n"
        "    source: dist/\n"
        "script: |\n"
        "  #!/bin/sh\n"
        "  make\n"
        "same: [npm, test]\n"
    )
