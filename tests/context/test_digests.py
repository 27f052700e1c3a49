from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.context.content import is_racy, is_unchanged, link_digest, signature_of
from pipeline_dsl.context.digests import Digests, signature
from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import read_context
from tests.context.reference import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.context.reading import ContextFile

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND + 123_456_789


def found(path: Path) -> ContextFile:
    files = read_context(path.parent, EVERYTHING, Ignore())
    return next(file for file in files if file.source == str(path))


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """As long as it is found the same, its digest is known."""
    path = tmp_path / "f"
    path.write_text("x")
    file, digests = found(path), Digests()

    assert digests.of(file) == hashlib.sha256(b"x").digest()
    path.unlink()
    assert digests.of(file) == hashlib.sha256(b"x").digest()


def test_big_files_are_read_in_pieces(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(3_000_001))

    assert Digests().of(found(tmp_path / "f")) == hashlib.sha256(bytes(3_000_001)).digest()


def test_a_file_that_changes_before_it_is_read_stays_unknown(tmp_path: Path) -> None:
    """Its digest is that of what was read; nobody can say of which state of the file."""
    path = tmp_path / "f"
    path.write_text("x")
    file, digests = found(path), Digests()
    path.write_text("longer")

    assert digests.of(file) == hashlib.sha256(b"longer").digest()
    assert digests.known(file, signature(file)) is None
    assert digests.unsure == {str(path)}


@pytest.mark.parametrize("what", ["gone", "directory", "link", "pipe"])
def test_what_is_no_file_any_more_cannot_be_read(what: str, tmp_path: Path) -> None:
    """Nor does it keep us waiting."""
    path = tmp_path / "f"
    path.write_text("x")
    file = found(path)
    path.unlink()
    if what == "directory":
        path.mkdir()
    elif what == "link":
        path.symlink_to("/etc/passwd")
    elif what == "pipe":
        os.mkfifo(path)

    with pytest.raises(OSError, match=r"f'$"):
        Digests().of(file)


def test_what_a_tree_says_of_files_is_their_signature(tmp_path: Path) -> None:
    """What is found by listing a directory and what is found by looking at a file are the same."""
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_text("x")
    (tmp_path / os.fsdecode(b"l\xff")).symlink_to(os.fsdecode(b"\xfe\xfd"))

    for file in read_context(tmp_path, EVERYTHING, Ignore()):
        size = 0 if file.path == "d" else os.lstat(file.source).st_size
        mtime, ctime, _, inode, mode = signature_of(os.lstat(file.source))
        assert signature(file) == (mtime, ctime, size, inode, mode)


@pytest.mark.parametrize(
    ("mtime", "ctime", "expected"),
    [
        (NOW - SECOND // 2, NOW - SECOND // 2, False),
        (NOW, NOW - 10 * SECOND, True),
        (NOW - 10 * SECOND, NOW, True),
        (NOW - 10_000_000, NOW - 10_000_000, True),
        (NOW + 3600 * SECOND, NOW - 10 * SECOND, True),
        # As file systems have it that know whole seconds only, or every other.
        (NOW - NOW % SECOND - SECOND, NOW - NOW % SECOND - SECOND, True),
        (NOW - NOW % SECOND - 3 * SECOND, NOW - NOW % SECOND - 3 * SECOND, False),
        (-5 * SECOND + 1, NOW - 10 * SECOND, False),
    ],
)
def test_a_file_as_young_as_the_look_at_it_is_racy(mtime: int, ctime: int, *, expected: bool) -> None:
    assert is_racy((mtime, ctime, 1, 1, 1), NOW) is expected


def test_times_of_files_are_no_later_than_ours_by_more_than_a_tick(tmp_path: Path) -> None:
    """The rule compares times of the file system with this process's clock: they are the same clock."""
    early = time.time_ns()
    (tmp_path / "f").write_text("x")
    late = time.time_ns()

    assert early - SECOND // 10 < (tmp_path / "f").stat().st_ctime_ns <= late


def test_a_racy_file_is_compared_as_a_whole(tmp_path: Path) -> None:
    path, link = tmp_path / "f", tmp_path / "l"
    path.write_text("x")
    link.symlink_to("one")
    signed, link_signed = signature_of(path.lstat()), signature_of(link.lstat())

    assert is_unchanged(str(path), signed, hashlib.sha256(b"x").digest())
    assert not is_unchanged(str(path), signed, hashlib.sha256(b"y").digest())
    assert is_unchanged(str(link), link_signed, link_digest("one"))
    assert not is_unchanged(str(link), link_signed, link_digest("two"))
    path.write_text("x")
    os.utime(path, ns=(0, 1))
    assert not is_unchanged(str(path), signed, hashlib.sha256(b"x").digest())
    path.unlink()
    assert not is_unchanged(str(path), signed, hashlib.sha256(b"x").digest())
