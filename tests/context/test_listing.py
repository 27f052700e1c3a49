from __future__ import annotations

import hypothesis.strategies as st
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

    assert [*listing.paths] == sorted(kinds, key=lambda path: path.split("/"))
    assert {*listing.files} == {*files}
    assert [listing.file(index) for index in range(len(files))] == [*listing.files]
    assert [*listing.contents] == [f"content of {path}" for path in listing.paths]
