from __future__ import annotations

import os
from pathlib import Path

from pipeline_dsl.context import handover
from pipeline_dsl.context.contexts import ContextRequest, Contexts
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
        "all": handover.Found(contexts.files(request), contexts.manifest(request)),
        "nothing": handover.Found((), Manifest(())),
    }

    taken = handover.load(handover.dump(found))

    assert taken == found
    assert [file.kind for file in taken["all"].files] == [file.kind for file in found["all"].files]
    assert {type(file) for file in taken["all"].files} == {type(file) for file in found["all"].files}
