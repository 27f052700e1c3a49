from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pipeline_dsl.context.listing import Listing
from pipeline_dsl.context.reading import ContextFile, Kind

names = st.text("!.-0aä", min_size=1, max_size=2)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(paths, st.sampled_from(Kind), max_size=8))
def test_a_directory_is_followed_by_what_is_in_it_and_each_file_keeps_what_is_its_own(
    kinds: dict[str, Kind],
) -> None:
    files = [ContextFile(path, f"/{path}", kind, 0o644, len(path), 1) for path, kind in kinds.items()]

    listing = Listing.of(files, [f"content of {path}" for path in kinds])

    assert [file.path for file in listing.files] == sorted(kinds, key=lambda path: path.split("/"))
    assert {*listing.files} == {*files}
    assert [*listing.contents] == [f"content of {file.path}" for file in listing.files]
    each = zip(listing.files, listing.contents, strict=True)
    assert [listing.file(index) for index in range(len(files))] == [*each]


def test_files_of_any_part_are_found() -> None:
    files = [ContextFile(f"{number:04}", "", Kind.REGULAR, 0o644, number, 1) for number in range(2500)]
    listing = Listing.of(files, map(str, range(2500)))

    assert [len(part.paths) for part in listing.parts] == [1000, 1000, 500]
    assert [listing.file(index) for index in (0, 999, 1000, 2499)] == [
        (files[index], str(index)) for index in (0, 999, 1000, 2499)
    ]
    with pytest.raises(IndexError):
        listing.file(2500)
