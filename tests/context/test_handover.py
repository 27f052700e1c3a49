from __future__ import annotations

import os
from pathlib import Path

from pipeline_dsl.context import handover
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.listing import Listing, Part
from pipeline_dsl.context.manifest import Manifest
from tests.context.reference import EVERYTHING


def test_what_one_process_has_found_another_one_gets(tmp_path: Path) -> None:
    """All of it, whatever names are made of."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d/file").write_text("x")
    (tmp_path / "link").symlink_to(os.fsdecode(b"d/\xff"))
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")).touch()
    request, contexts = ContextRequest(str(tmp_path), EVERYTHING), Contexts(None)
    found = {
        "all": handover.Found(contexts.listing(request), contexts.manifest(request), "digest"),
        "nothing": handover.Found(Listing.of([], []), Manifest(()), ""),
    }

    taken = handover.load(handover.dump(found))

    for name, (listing, *others) in found.items():
        assert [*map(lists, taken[name].listing.parts)] == [*map(lists, listing.parts)]
        assert taken[name].listing.files == listing.files
        assert {type(file) for file in taken[name].listing.files} == {type(file) for file in listing.files}
        assert taken[name].listing.is_plain == listing.is_plain
        assert [taken[name].manifest, taken[name].digest] == others


def lists(part: Part) -> list[list[object]]:
    """Give the columns of a part, whatever they are kept in."""
    return [list(column) for column in part]
