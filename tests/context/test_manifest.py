from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.manifest import Entry, Manifest
from tests.context.reference import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

names = st.binary(min_size=1, max_size=6).filter(lambda name: b"\0" not in name).map(os.fsdecode)
entries = st.builds(Entry, names, st.sampled_from("dfl"), st.integers(0, 0o7777), names | st.just(""))
manifests = st.lists(entries, max_size=4).map(tuple).map(Manifest)


@given(manifests)
def test_what_is_written_down_can_be_read(manifest: Manifest) -> None:
    """Names and links of any bytes come back."""
    assert Manifest.load(manifest.dump()) == manifest


@given(manifests, manifests)
def test_different_manifests_have_different_digests(one: Manifest, other: Manifest) -> None:
    assert (one == other) == (one.digest == other.digest)


@given(st.dictionaries(entries, st.sampled_from(["both", "both", "one", "other"]), max_size=12))
def test_it_tells_what_only_one_of_two_has(whose: dict[Entry, str]) -> None:
    """Wherever in them that is; both may begin and end alike."""
    one, other = ([each for each in whose if whose[each] in {"both", who}] for who in ("one", "other"))

    assert Manifest(one).unlike(Manifest(other)) == {*one} ^ {*other}


@given(manifests)
def test_it_tells_what_is_in_each(manifest: Manifest) -> None:
    assert manifest.contents == [entry.content for entry in manifest.entries]


@given(st.lists(entries, max_size=12), st.sets(st.text(alphabet="abdfl7\udcff", max_size=2), max_size=3))
def test_entries_are_found_by_the_ends_of_their_paths(has: list[Entry], ends: set[str]) -> None:
    """And by nothing else: not by their kinds, modes or contents."""
    found = Manifest(has).ending(ends)

    assert {*found} == {entry for entry in has if entry.path.endswith(tuple(ends))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([Entry("a", "f", 0o644, "b")], [Entry("a", "l", 0o644, "b")]),
        ([Entry("a", "f", 0o644, "b")], [Entry("a", "f", 0o6440, "b")]),
        ([Entry("a", "d", 0, ""), Entry("b", "d", 0, "")], [Entry("a", "d", 0, "b"), Entry("", "d", 0, "")]),
        ([Entry("a", "d", 0, "")], []),
    ],
)
def test_nothing_runs_into_what_is_beside_it(one: list[Entry], other: list[Entry]) -> None:
    assert Manifest(tuple(one)).digest != Manifest(tuple(other)).digest


def test_a_field_that_could_pass_for_two_is_refused() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        Manifest((Entry("a\0f", "f", 0, ""),))


def test_what_is_cut_is_refused() -> None:
    """Only what ends where it should is read: at the end of an entry."""
    dumped = Manifest((Entry("a", "f", 0o644, "b"),)).dump()
    readable = [dumped[:length] for length in range(len(dumped)) if _is_read(dumped[:length])]

    assert readable == [Manifest(()).dump()]


def _is_read(dumped: bytes) -> bool:
    try:
        Manifest.load(dumped)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("foreign", [b"", b"pipeline-dsl manifest 2\0", b"a\0f\000644\0b\0"])
def test_what_is_foreign_is_refused(foreign: bytes) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        Manifest.load(foreign)


def test_it_names_what_an_image_gets(tmp_path: Path) -> None:
    """Files by content, links by target, modes but not those of links; no times and no owners."""
    (tmp_path / "d").mkdir(mode=0o750)
    (tmp_path / "d/run").write_text("x")
    (tmp_path / "d/run").chmod(0o4755)
    (tmp_path / "link").symlink_to("d/run")
    (tmp_path / os.fsdecode(b"\xff")).touch(mode=0o640)
    (tmp_path / os.fsdecode(b"\xff")).chmod(0o640)
    os.mkfifo(tmp_path / "pipe")

    found = Contexts(None).manifest(ContextRequest(str(tmp_path), EVERYTHING))

    assert found.entries == (
        Entry("d", "d", 0o750, ""),
        Entry("d/run", "f", 0o4755, hashlib.sha256(b"x").hexdigest()),
        Entry("link", "l", 0, "d/run"),
        Entry("\udcff", "f", 0o640, hashlib.sha256(b"").hexdigest()),
    )
