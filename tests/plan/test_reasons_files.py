"""Which files are said to be the reason for a build."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.manifest import Entry, Manifest
from pipeline_dsl.plan.reasons.files import file_reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_dsl.plan.reasons import Reason


def file(path: str, content: str = "one", mode: int = 0o644) -> Entry:
    return Entry(path, "f", mode, hashlib.sha256(content.encode()).hexdigest())


def link(path: str, target: str) -> Entry:
    return Entry(path, "l", 0, target)


def directory(path: str, mode: int = 0o755) -> Entry:
    return Entry(path, "d", mode, "")


def reason(before: Sequence[Entry], now: Sequence[Entry]) -> Reason:
    """Say what differs between files; beside these there is one that does not."""
    same = file("same")
    one, other = (Manifest(tuple(sorted([same, *entries]))) for entries in (now, before))
    (found,) = file_reasons(one, other)
    assert found.component == "files"
    return found


@pytest.mark.parametrize(
    ("before", "now", "text", "detail"),
    [
        ([file("a")], [file("a", "two")], "a changed", "a: content"),
        (
            [file("a")],
            [file("a", "two", 0o755)],
            "a changed",
            "a: content, mode 0755, was 0644",
        ),
        (
            [file("a")],
            [file("a", mode=0o4755)],
            "a has mode 4755, was 0644",
            "a: mode 4755, was 0644",
        ),
        ([], [file("a")], "a is new", "a: new"),
        ([file("a")], [], "a is gone", "a: gone"),
        (
            [file("a")],
            [link("a", "one")],
            "a is a link, was a file",
            "a: a link, was a file",
        ),
        (
            [link("a", "v1")],
            [link("a", "v2")],
            "the link a leads to v2, was v1",
            "a: leads to v2, was v1",
        ),
        (
            [file("lib/a.js")],
            [file("src/b.js")],
            "lib/a.js was renamed to src/b.js",
            "src/b.js: renamed from lib/a.js, same content",
        ),
        (
            [file("a")],
            [file("b", mode=0o755)],
            "a was renamed to b",
            "b: renamed from a, same content, mode 0755, was 0644",
        ),
        ([directory("d")], [directory("d", 0o700)], "d/ has mode 0700, was 0755", "d/: mode 0700, was 0755"),
        ([], [directory("d")], "d/ is new", "d/: new"),
        (
            [directory("d")],
            [file("d")],
            "d is a file, was a directory",
            "d: a file, was a directory, mode 0644, was 0755",
        ),
    ],
    ids=[
        "content",
        "content and mode",
        "mode",
        "new",
        "gone",
        "kind",
        "target of a link",
        "renamed",
        "renamed and another mode",
        "mode of a directory",
        "new directory",
        "a directory that is a file now",
    ],
)
def test_a_single_file_is_named_with_what_is_the_matter(
    before: list[Entry], now: list[Entry], text: str, detail: str
) -> None:
    assert reason(before, now).text == text
    assert reason(before, now).details == (detail,)


def test_a_few_files_are_named_and_more_are_counted() -> None:
    before, now = ([file(name, content) for name in "abcd"] for content in ("one", "two"))
    assert reason(before[:2], now[:2]).text == "a and b changed"
    assert reason(before[:3], now[:3]).text == "a, b and c changed"
    assert reason(before, now).text == "a and 3 more files changed"
    assert reason(before, now).details == ("a: content", "b: content", "c: content", "d: content")


def test_long_names_are_counted_earlier() -> None:
    names = [f"src/components/{letter * 30}.js" for letter in "ab"]
    before, now = ([file(name, content) for name in names] for content in ("one", "two"))
    assert reason(before, now).text == f"src/components/{'a' * 30}.js and 1 more file changed"


def test_what_changed_is_named_before_what_is_new_or_gone() -> None:
    found = reason([file("a", "x"), file("z")], [file("b", "y"), file("z", "two")])
    assert found.text == "z and 2 more files changed"
    assert found.details == ("a: gone", "b: new", "z: content")


def test_files_with_which_different_things_are_the_matter_are_told_by_the_first() -> None:
    assert reason([], [file("a", "x"), file("b", "y")]).text == "a and b are new"
    assert reason([file("a", "x")], [file("b", "y")]).text == "b is new, and 1 more file changed"
    found = reason([file("a"), file("b"), file("c", "x")], [file("a", mode=0o755), file("b")])
    assert found.text == "c is gone, and 1 more file changed"


def test_a_directory_counts_only_where_none_of_its_files_does() -> None:
    found = reason([], [directory("d"), file("d/a")])
    assert found.text == "d/a is new"
    assert found.details == ("d/: new", "d/a: new")


def test_a_renamed_file_is_rather_one_of_the_same_name() -> None:
    before = [file("lib/a"), file("lib/b"), file("lib/c")]
    now = [file("src/b"), file("src/c"), file("src/d")]
    assert reason(before, now).details == (
        "src/b: renamed from lib/b, same content",
        "src/c: renamed from lib/c, same content",
        "src/d: renamed from lib/a, same content",
    )


def test_nothing_is_said_of_the_origin_of_an_empty_file() -> None:
    """There are many of them, and no file becomes another one by it."""
    assert reason([file("a/__init__.py", "")], [file("b", "")]).details == ("a/__init__.py: gone", "b: new")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two words.txt", "two words.txt"),
        ("a\nb", r"'a\nb'"),
        ("a\x1b[31m", r"'a\x1b[31m'"),
        ("\u202egpj.exe", r"'\u202egpj.exe'"),
        ("caf\udce9", r"'caf\xe9'"),
        (" a", "' a'"),
        ("café", "café"),
    ],
)
def test_the_characters_of_a_name_can_all_be_seen(name: str, shown: str) -> None:
    found = reason([], [file(name)])
    assert found.text == f"{shown} is new"
    assert found.details == (f"{shown}: new",)


def test_of_a_long_name_the_end_is_shown_and_all_of_it_in_full() -> None:
    name = f"{'directory/' * 20}app.js"
    found = reason([], [file(name)])
    assert found.text == f"…{name[-59:]} is new"
    assert found.details == (f"{name}: new",)


def test_without_the_files_of_the_last_time_it_is_said_that_they_changed() -> None:
    now = Manifest((file("a"),))
    assert [reason.text for reason in file_reasons(now, None)] == ["the files changed"]
    assert [reason.text for reason in file_reasons(None, now)] == ["the files changed"]
    assert file_reasons(now, None)[0].details == ("Which ones they were the last time cannot be told.",)


def test_equal_files_are_no_reason() -> None:
    assert file_reasons(Manifest((file("a"),)), Manifest((file("a"),))) == ()


ENTRIES = st.dictionaries(
    st.text("ab/", min_size=1, max_size=3),
    st.one_of(
        st.builds(file, st.just(""), st.sampled_from(["", "one", "two"]), st.sampled_from([0o644, 0o755])),
        st.builds(link, st.just(""), st.sampled_from(["one", "two"])),
        st.builds(directory, st.just(""), st.sampled_from([0o700, 0o755])),
    ),
    max_size=6,
).map(lambda found: Manifest(tuple(sorted(entry._replace(path=path) for path, entry in found.items()))))


@given(ENTRIES, ENTRIES)
def test_every_file_that_differs_is_told_of_once(now: Manifest, before: Manifest) -> None:
    """Of a renamed file, both names are: one of them at the beginning."""
    differing = {entry.path for entry in set(now.entries) ^ set(before.entries)}
    told = [line for reason in file_reasons(now, before) for line in reason.details]
    names = [line.partition(": ")[0].removesuffix("/") for line in told]
    sources = [line.partition("renamed from ")[2].partition(",")[0] for line in told if "renamed" in line]
    assert sorted(name.rstrip("/") for name in differing) == sorted(
        name.rstrip("/") for name in (*names, *sources)
    )


def test_a_file_is_called_as_its_author_calls_it_wherever_it_is_sent_from() -> None:
    def sent(content: str) -> list[Entry]:
        places = (".pipeline-dsl/context/src/a", ".pipeline-dsl/files-2/src/a", "src/a")
        above = (".pipeline-dsl", ".pipeline-dsl/context", ".pipeline-dsl/files-2")
        return [*map(directory, above), *(file(place, content) for place in places)]

    found = reason(sent("one"), sent("two"))
    assert (found.text, found.details) == ("src/a changed", ("src/a: content",))
