"""Whatever has changed: what is remembered is what would be read."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.errors import DefinitionError
from tests.context.reference import EVERYTHING, Clock, digest, pass_tick
from tests.context.remembering import files, found, split

if TYPE_CHECKING:
    from collections.abc import Callable


Answer = TypeVar("Answer")

NAMES = ["a", "b", "c.log", "é", os.fsdecode(b"\xff")]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map("/".join)
targets = st.lists(st.sampled_from(["a", "b", "..", "é"]), min_size=1, max_size=3).map("/".join)
operations = st.one_of(
    st.tuples(st.just("write"), paths, st.sampled_from(["x", "y", "long"])),
    st.tuples(st.just("keep time"), paths, st.sampled_from(["x", "y"])),
    st.tuples(st.just("mode"), paths, st.sampled_from(["600", "755"])),
    st.tuples(st.just("link"), paths, targets),
    st.tuples(st.just("rename"), paths, paths),
    st.tuples(st.just("remove"), paths, st.just("")),
    st.tuples(st.just("directory"), paths, st.just("")),
    st.tuples(st.just("time"), paths, st.sampled_from(["0", "4000000000"])),
    st.tuples(
        st.just("ignore"), st.just(""), st.sampled_from(["", "*.log", "a\n!a/b", "*\n!**/b", "**/c.log"])
    ),
)
REQUESTS = [
    EVERYTHING,
    (Selection(("*",), exclude=("b",)),),
    (Selection(("a",)), Selection(("a/b", "é*"), prefix="p")),
    (Selection((os.fsdecode(b"*/\xff"), "[ab]/*")),),
]


@settings(max_examples=60)
@given(
    drawn=st.lists(st.lists(operations, min_size=1, max_size=4), min_size=1, max_size=8),
    ahead=st.sampled_from([0, 60]),
    in_two=st.booleans(),
)
def test_a_memory_is_never_wrong(
    drawn: list[list[tuple[str, str, str]]],
    ahead: float,
    tmp_path_factory: pytest.TempPathFactory,
    *,
    in_two: bool,
) -> None:
    """After any changes, a memory gives what reading all anew gives, and fails where that fails."""
    root = tmp_path_factory.mktemp("root")
    store = Store(tmp_path_factory.mktemp("store"))
    requests = [ContextRequest(str(root), selections) for selections in REQUESTS]
    for changes in drawn:
        if ahead:  # runs start when no file is young; without that, the rule for racy files does it
            pass_tick(root.parent)
        for what, path, value in changes:
            change(root, what, path, value)
        contexts = Contexts(store, Clock(ahead))
        if in_two:
            with pytest.MonkeyPatch.context() as patch:
                split(patch)
                contexts.begin(requests)
        for request in requests:
            assert outcome(contexts.digest, request) == outcome(digest, request)
            assert outcome(functools.partial(found, contexts), request) == outcome(files, request)
        contexts.save()


def outcome(ask: Callable[[ContextRequest], Answer], request: ContextRequest) -> Answer | str:
    try:
        return ask(request)
    except DefinitionError as error:
        return str(error)


def change(root: Path, what: str, path: str, value: str) -> None:
    """Change something, where that is possible."""
    with contextlib.suppress(OSError):
        CHANGE[what](root / path, value)


def keep_time(place: Path, value: str) -> None:
    before = place.stat()
    place.write_text(value)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove(place: Path, _value: str) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()


CHANGE: dict[str, Callable[[Path, str], object]] = {
    "directory": lambda place, _: place.mkdir(),
    "ignore": lambda root, value: (root / ".dockerignore").write_text(value),
    "keep time": keep_time,
    "link": Path.symlink_to,
    "mode": lambda place, value: place.chmod(int(value, 8) | 0o100 * place.is_dir()),
    "remove": remove,
    "rename": lambda place, value: place.rename(place.parent / value),
    "time": lambda place, value: os.utime(place, (int(value), int(value))),
    "write": Path.write_text,
}
