"""A store that is cut or altered anywhere gives what was kept, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.prune import prune
from pipeline_dsl.cache.sealed import seal, unseal
from pipeline_dsl.cache.store import Store
from pipeline_dsl.cache.verify import verify
from tests.cache.kept import record, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTE = bytes(range(64))


class Kept:
    """A small store, and what must be found in it, if anything is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root)
        digest = self.store.add([b"content"])
        self.record = record(files=digest)
        self.digest = digest
        self.store.write(self.record)
        self.store.write_note("index", NOTE)

    def files(self) -> Iterator[Path]:
        return (path for path in self.root.rglob("*") if path.is_file() and path.name != "lock")

    def found(self, store: Store) -> list[bool]:
        """Tell what a store still gives; that this is not something else is asserted."""
        given = [store.find("run", self.record.key), store.latest("run", self.record.subject)]
        assert all(each in (None, self.record) for each in given)
        note = store.read_note("index")
        assert note in (None, NOTE)
        file = store.open(self.digest)
        if file is not None:
            with file:
                assert file.read() == b"content"
        return [*(each is not None for each in given), note is not None, file is not None]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "store")


def cuts(whole: bytes) -> Iterator[bytes]:
    return (whole[:size] for size in range(len(whole)))


def flips(whole: bytes) -> Iterator[bytes]:
    """Alter each byte in one bit, a different one from byte to byte."""
    for index, byte in enumerate(whole):
        yield whole[:index] + bytes([byte ^ 1 << index % 8]) + whole[index + 1 :]


def others(whole: bytes) -> Iterator[bytes]:
    """What else a file may turn into: blocks of nothing after a crash, more than it was, other things."""
    yield bytes(len(whole))
    yield whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2)
    yield whole + b"\0"
    yield whole * 2
    yield b"{}"
    yield b"\xff" * 200


@pytest.mark.parametrize("alter", [cuts, flips, others])
def test_a_file_that_is_altered_anywhere_is_never_taken_for_what_it_was_not(
    kept: Kept, alter: Callable[[bytes], Iterator[bytes]]
) -> None:
    changes = 0
    for path in list(kept.files()):
        whole = path.read_bytes()
        for altered in alter(whole):
            path.write_bytes(altered)
            assert not all(kept.found(Store(kept.root)))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(whole)
            changes += 1
    assert kept.found(Store(kept.root)) == [True] * 4
    assert changes >= 5 * 6  # five files: version, record, pointer, note and object


@pytest.mark.parametrize("alter", [cuts, flips, others])
def test_what_was_damaged_is_kept_again(kept: Kept, alter: Callable[[bytes], Iterator[bytes]]) -> None:
    for path in list(kept.files()):
        whole = path.read_bytes()
        for altered in list(alter(whole))[::37]:
            path.write_bytes(altered)
            store = Store(kept.root)
            store.add([b"content"])
            store.write(kept.record)
            store.write_note("index", NOTE)
            assert kept.found(store) == [True] * 4


@pytest.mark.parametrize("alter", [cuts, flips, others])
def test_verify_tells_and_removes_whatever_is_damaged(
    kept: Kept, alter: Callable[[bytes], Iterator[bytes]]
) -> None:
    for path in list(kept.files()):
        whole = path.read_bytes()
        for altered in list(alter(whole))[::17]:
            path.write_bytes(altered)
            told = [Path(damage.path) for damage in verify(Store(kept.root))]
            assert path in told or path.name == "version"
            assert told
            assert verify(Store(kept.root)) == []
            assert all(tell not in kept.files() for tell in told)
            kept = Kept(kept.root)


@pytest.mark.parametrize("alter", [cuts, flips, others])
def test_pruning_and_listing_go_on_past_damage(kept: Kept, alter: Callable[[bytes], Iterator[bytes]]) -> None:
    for path in list(kept.files()):
        whole = path.read_bytes()
        for altered in list(alter(whole))[::17]:
            path.write_bytes(altered)
            list(Store(kept.root).entries())
            prune(Store(kept.root), max_size=None, max_age=None, dry_run=True, now=0)
            assert path.read_bytes() == altered
            prune(Store(kept.root), max_size=0, max_age=None, dry_run=False, now=0)
            assert list(Store(kept.root).entries()) == []
            kept = Kept(kept.root)


def test_a_whole_store_has_no_damage(kept: Kept) -> None:
    before = tree(kept.root)
    assert verify(kept.store) == []
    assert tree(kept.root) == before


def test_where_there_is_no_store_there_is_no_damage(tmp_path: Path) -> None:
    assert verify(Store(tmp_path / "store")) == []
    assert not (tmp_path / "store").exists()


def test_a_record_is_damaged_whose_object_is_gone(kept: Kept) -> None:
    (path,) = (path for path in kept.files() if path.name == kept.digest)
    path.unlink()
    (damage,) = verify(kept.store)
    assert Path(damage.path).name == kept.record.key
    assert kept.digest in damage.reason
    assert kept.store.find("run", kept.record.key) is None


@pytest.mark.parametrize("place", ["records/run/x", "records/x", "objects/ab/x", "notes/x", "subjects/x"])
def test_what_does_not_belong_there_is_damage(kept: Kept, place: str) -> None:
    path = kept.root / place
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(seal("something", b"else"))
    assert [damage.path for damage in verify(kept.store)] == [str(path)]
    assert not path.exists()


@pytest.mark.parametrize("name", ["", "index", "\udcff", "a\nb"])
@pytest.mark.parametrize("content", [b"", b"content", bytes(range(1, 251)) * 20])
def test_a_sealed_file_gives_its_name_and_content_or_nothing(name: str, content: bytes) -> None:
    whole = seal(name, content)
    assert unseal(whole) == (name, content)
    assert not any(unseal(altered) for alter in (cuts, flips) for altered in list(alter(whole))[:300])
    assert not any(unseal(altered) for altered in others(whole))
