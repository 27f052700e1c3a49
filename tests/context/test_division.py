"""Large directories, which are sent in pieces."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pipeline_dsl.context import division
from pipeline_dsl.context.division import divide
from pipeline_dsl.context.listing import Listing
from pipeline_dsl.context.reading import ContextFile, Kind

names = st.text("!.-0aä\1\udc80", min_size=1, max_size=2)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
trees = st.dictionaries(paths, st.sampled_from([Kind.REGULAR, Kind.SYMLINK, Kind.DIRECTORY]), max_size=40)
"""Files by path; what is below something that is no directory is none of the tree."""


def listed(kinds: dict[str, Kind]) -> Listing:
    """List files with all directories that they are in."""
    found = dict[str, Kind]()
    for path, kind in kinds.items():
        names = path.split("/")
        above = ["/".join(names[:depth]) for depth in range(1, len(names))]
        if all(kinds.get(one, Kind.DIRECTORY) is Kind.DIRECTORY for one in above):
            found |= {**dict.fromkeys(above, Kind.DIRECTORY), path: kind}
    files = [
        ContextFile(path, f"/{path}", kind, 0o600 + number % 64, number, number)
        for number, (path, kind) in enumerate(found.items())
    ]
    return Listing.of(files, [f"content of {path}" for path in found])


def regular(count: int) -> dict[str, Kind]:
    """Give as many files, a hundred to a directory."""
    return {f"all/{number // 100:03}/{number}": Kind.REGULAR for number in range(count)}


def held(listing: Listing, piece: str) -> dict[str, tuple[ContextFile, str]]:
    """Say what is in a piece, and the piece itself, by the path there."""
    each = zip(listing.files, listing.contents, strict=True)
    return {
        file.path.removeprefix(piece): (file._replace(path=""), content)
        for file, content in each
        if f"{file.path}/".startswith(f"{piece}/")
    }


@given(trees, st.sampled_from(["all", "a", "0/a"]))
def test_the_pieces_hold_what_the_directory_did(kinds: dict[str, Kind], directory: str) -> None:
    """Each with the directories that its files are in, one before another, and all as they were."""
    whole = listed(kinds | {f"all/{path}": kind for path, kind in kinds.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(division, "_LEAST", 1)
        divided, pieces = divide(whole, directory)

    inside = held(whole, directory)
    if not pieces:
        assert divided is whole
        assert len(inside) - 1 < 2
        return
    assert pieces == tuple(f"{directory}/{number}" for number in range(len(pieces)))
    together = dict[str, tuple[ContextFile, str]]()
    for piece in pieces:
        there = held(divided, piece)
        assert len(there) > 1
        for path, (file, content) in there.items():
            assert not path or path.rpartition("/")[0] in there
            assert path not in together or file.kind is Kind.DIRECTORY
            assert inside[path] == (file, content)
        together |= there
    assert together == inside
    others = [file for file in divided.files if not file.path.startswith(f"{directory}/")]
    assert others == [file for file in whole.files if not file.path.startswith(f"{directory}/")]
    assert [*divided.files] == sorted(divided.files, key=lambda file: file.path.split("/"))
    each = [*zip(divided.files, divided.contents, strict=True)]
    assert [divided.file(index) for index in range(len(each))] == each
    assert divided.is_plain == whole.is_plain


@pytest.mark.parametrize(
    ("count", "expected"), [(9_800, 0), (10_000, 2), (19_600, 2), (20_000, 4), (40_000, 8), (80_000, 8)]
)
def test_only_large_directories_are_divided(count: int, expected: int) -> None:
    """The directories count, too. An image must not have too many layers."""
    whole = listed(regular(count))
    divided, pieces = divide(whole, "all")

    assert len(pieces) == expected
    sizes = [len(held(divided, piece)) for piece in pieces]
    assert all(size > count / expected * 0.75 for size in sizes)


def test_a_file_more_hardly_ever_moves_others() -> None:
    """If each piece began after as many files, one more would move one from each into the next."""
    kinds = regular(20_000)
    before, pieces = divide(listed(kinds), "all")
    parts = [held(before, piece).keys() for piece in pieces]
    moved = 0
    for number in range(0, 20_000, 2_000):
        path = f"/{number // 100:03}/{number}-new"
        after, _ = divide(listed(kinds | {f"all{path}": Kind.REGULAR}), "all")
        moved += any(
            held(after, piece).keys() - {path} != part for piece, part in zip(pieces, parts, strict=True)
        )

    assert len(pieces) == 4
    assert moved <= 1


def test_there_may_be_no_files_at_all() -> None:
    assert divide(Listing.of([], []), "all") == (Listing.of([], []), ())
