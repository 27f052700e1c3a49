"""The store: what is found is what was kept."""

from __future__ import annotations

import hashlib
import os
import resource
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.cache.record import Record
from pipeline_dsl.cache.store import Store, StoreError, default_root
from tests.cache.kept import record, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABSENT = "0" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_store_is_made_when_something_is_kept_and_not_before(store: Store) -> None:
    assert store.find("run", ABSENT) is None
    assert store.latest("run", "links/test") is None
    assert (store.open(ABSENT), store.has(ABSENT), store.read_note("index")) == (None, False, None)
    assert list(store.entries()) == []
    assert not Path(store.root).exists()
    store.write_note("index", b"")
    assert Path(store.root).is_dir()


def test_nobody_else_can_read_a_store(store: Store) -> None:
    store.write(record(files=store.add([b"content"])))
    store.write_note("index", b"content")
    with store.lease():
        below = list(Path(store.root).rglob("*"))
        assert stat.S_IMODE(Path(store.root).stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in below if path.is_file()} == {0o600}


def test_a_record_is_found_by_its_key(store: Store) -> None:
    kept = record(files=store.add([b"content"]))
    store.write(kept)
    assert store.find("run", kept.key) == kept
    assert store.find("image", kept.key) is None
    assert store.find("run", ABSENT) is None


def test_a_record_that_was_written_again_is_the_new_one(store: Store) -> None:
    store.write(record(output="old"))
    store.write(record(output="new"))
    assert store.find("run", record().key) == record(output="new")


def test_a_forgotten_record_is_not_found(store: Store) -> None:
    store.write(record())
    store.forget("run", record().key)
    store.forget("run", record().key)
    assert store.find("run", record().key) is None
    assert store.latest("run", "links/test") is None


@pytest.mark.parametrize("key", ["", "../../version", "A" * 64, "0" * 63])
def test_only_a_digest_is_a_key(store: Store, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        store.find("run", key)
    with pytest.raises(ValueError, match="no key"):
        store.find("../run", ABSENT)


def test_the_latest_record_of_a_subject_was_written_or_marked_last(store: Store) -> None:
    first, second, other = record(number=1), record(number=2), record("links/lint")
    store.write(first)
    store.write(second)
    store.write(other)
    assert store.latest("run", "links/test") == second
    store.mark(first)
    assert store.latest("run", "links/test") == first
    assert store.latest("run", "links/lint") == other
    assert store.latest("image", "links/test") is None


def test_a_marked_record_was_used_now_and_its_objects_were_too(store: Store) -> None:
    digest = store.add([b"content"])
    store.write(record(files=digest))
    for path in (path for path in Path(store.root).rglob("*") if path.is_file()):
        os.utime(path, (1, 1))
    before = time.time()
    store.mark(record(files=digest))
    used = {entry.kind: entry.used for entry in store.entries()}
    assert used["run"] >= before
    assert used["object"] >= before


def test_a_record_that_was_pruned_meanwhile_is_back_when_it_is_marked(store: Store) -> None:
    store.write(record())
    store.forget("run", record().key)
    store.mark(record())
    assert store.find("run", record().key) == record()


def test_a_record_whose_objects_are_not_there_is_not_kept(store: Store) -> None:
    with pytest.raises(StoreError):
        store.write(record(files=ABSENT))
    with pytest.raises(StoreError):
        store.mark(record(files=ABSENT))
    assert store.find("run", record().key) is None


def test_an_object_is_found_by_the_digest_of_its_content(store: Store) -> None:
    digest = store.add([b"con", b"", b"tent"])
    assert digest == hashlib.sha256(b"content").hexdigest() == store.add([b"content"])
    assert store.has(digest)
    file = store.open(digest)
    assert file is not None
    with file:
        assert file.read() == b"content"
    assert len(list(store.entries())) == 1


def test_an_object_of_which_only_a_part_came_is_not_kept(store: Store) -> None:
    def broken() -> Iterator[bytes]:
        yield b"con"
        raise FileNotFoundError("source")

    with pytest.raises(FileNotFoundError, match="source"):  # and no StoreError: the store did not fail
        store.add(broken())
    assert list(store.entries()) == []
    assert not list(Path(store.root, "temporary").iterdir())


def test_a_damaged_object_is_removed_and_not_opened(store: Store) -> None:
    digest = store.add([b"content"])
    path = next(Path(store.root, "objects").rglob(digest))
    path.write_bytes(b"contend")
    assert store.open(digest) is None
    assert not store.has(digest)
    assert store.add([b"content"]) == digest
    assert store.has(digest)


@pytest.mark.parametrize("digest", ["", "../version", "/etc/hostname", "../" * 9 + "etc/hostname"])
def test_what_is_no_digest_is_no_object(store: Store, digest: str) -> None:
    store.write_note("index", b"")
    before = tree(Path(store.root))
    assert store.open(digest) is None
    assert not store.has(digest)
    assert tree(Path(store.root)) == before


@pytest.mark.parametrize("name", ["index", "", "../../escape", "a\nb\0c", "\udcff\ud800", "n" * 5000])
def test_a_note_is_found_by_any_name(store: Store, name: str) -> None:
    store.write_note(f"{name}.", b"another one")
    store.write_note(name, b"first")
    store.write_note(name, b"\0\xff\n")
    assert store.read_note(name) == b"\0\xff\n"
    assert [entry.subject for entry in store.entries()].count(name) == 1


texts = st.text(st.characters(exclude_categories=()), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(subject=texts, components=st.dictionaries(texts, values), result=st.dictionaries(texts, values))
def test_a_record_is_found_as_it_was_written(
    subject: str, components: Mapping[str, str], result: Mapping[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = Store(directory)
        kept = Record("image", ABSENT, subject, components, result, 0.1, 1e-9)
        store.write(kept)
        assert store.find("image", ABSENT) == kept
        assert store.latest("image", subject) == kept


def test_what_is_used_under_a_lease_is_never_older_than_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.lease():
        began = time.time()
        # The clock is set back. That cannot be done to this machine.
        monkeypatch.setattr(time, "time_ns", lambda: int((began - 3600) * 1e9))
        store.write(record(files=store.add([b"content"])))
        store.write_note("index", b"")
    assert all(entry.used >= began - 1 for entry in store.entries())


def test_a_note_that_a_run_reads_is_used_and_one_that_is_looked_at_is_not(store: Store) -> None:
    store.write_note("index", b"")
    path = next(path for path in Path(store.root, "notes").iterdir())
    os.utime(path, (1, 1))
    store.read_note("index")
    assert path.stat().st_mtime == 1
    with store.lease():
        store.read_note("index")
    assert path.stat().st_mtime > 1


def test_a_store_of_another_version_is_not_trusted_and_made_anew(store: Store) -> None:
    store.write(record(files=store.add([b"content"])))
    store.write_note("index", b"content")
    Path(store.root, "version").write_text("pipeline-dsl store 999\n")
    later = Store(store.root)
    assert later.find("run", record().key) is None
    assert later.latest("run", "links/test") is None
    assert later.read_note("index") is None
    later.write(record(number=2))
    assert [entry.kind for entry in later.entries()] == ["run"]
    assert later.find("run", record(number=2).key) is not None


def test_a_file_of_another_version_is_not_trusted(store: Store) -> None:
    store.write(record())
    path = next(path for path in Path(store.root, "records").rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes().replace(b"pipeline-dsl 1\n", b"pipeline-dsl 2\n", 1))
    assert store.find("run", record().key) is None
    assert not path.exists()


def test_a_file_in_the_place_of_another_is_not_trusted(store: Store) -> None:
    store.write(record(number=1))
    store.write(record(number=2))
    first, second = (next(Path(store.root, "records").rglob(record(number=number).key)) for number in (1, 2))
    second.write_bytes(first.read_bytes())
    assert store.find("run", record(number=2).key) is None


def test_a_store_that_is_removed_under_a_run_is_made_again(store: Store, tmp_path: Path) -> None:
    store.write(record())
    Path(store.root).rename(tmp_path / "gone")
    store.write(record())
    assert store.find("run", record().key) == record()


@pytest.mark.parametrize("name", ["objects", "temporary", "leases", "records", "subjects", "notes"])
def test_a_directory_that_is_removed_is_made_again(store: Store, tmp_path: Path, name: str) -> None:
    store.write(record())
    Path(store.root, name).rename(tmp_path / "gone")
    with store.lease():
        assert list(Path(store.root, "leases").iterdir())
        store.write_note("index", b"content")
        store.write(record(files=store.add([b"content"])))
    assert store.find("run", record().key) is not None


@pytest.mark.parametrize("names", [["notes/mine.txt"], ["thesis.txt", "version"], [".bashrc", "lock"]])
def test_a_directory_with_somebodys_files_is_left_alone(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("years of work")
    before = tree(tmp_path)
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="no store"):
        store.write(record())
    with pytest.raises(StoreError, match="no store"):
        store.write_note("index", b"")
    assert (store.find("run", record().key), store.read_note("index")) == (None, None)
    with store.lease():
        pass
    assert tree(tmp_path) == before


@pytest.fixture
def read_only() -> Iterator[Store]:
    """A store with a record, an object and a note that this process can read, but not write."""
    with tempfile.TemporaryDirectory() as directory:  # nobody can look into root's tmp_path
        root = Path(directory, "store")
        store = Store(root)
        store.write(record(files=store.add([b"content"])))
        store.write_note("index", b"content")
        for path in [Path(directory), root, *root.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        user = os.geteuid()
        os.seteuid(65534 if user == 0 else user)
        try:
            yield Store(root)
        finally:
            os.seteuid(user)
            for path in [Path(directory), root, *root.rglob("*")]:
                path.chmod(0o700)


def test_a_store_that_cannot_be_written_is_read(read_only: Store) -> None:
    kept = read_only.find("run", record().key)
    assert kept is not None
    assert read_only.latest("run", "links/test") == kept
    assert read_only.read_note("index") == b"content"
    with read_only.lease():
        assert read_only.read_note("index") == b"content"
    for digest in kept.objects:
        file = read_only.open(digest)
        assert file is not None
        file.close()
    assert len(list(read_only.entries())) == 3


def test_a_store_that_cannot_be_written_says_so(read_only: Store) -> None:
    known = read_only.find("run", record().key)
    assert known is not None
    with pytest.raises(StoreError, match="Permission denied"):
        read_only.write(record(number=2))
    with pytest.raises(StoreError, match="not permitted"):
        read_only.mark(known)
    with pytest.raises(StoreError, match="Permission denied"):
        read_only.add([b"other"])
    with pytest.raises(StoreError, match="Permission denied"):
        read_only.write_note("index", b"other")
    with pytest.raises(StoreError, match="Permission denied"):
        read_only.forget("run", known.key)
    with pytest.raises(StoreError, match="Permission denied"):
        Store(Path(read_only.root).parent / "other").write(record())


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    store = Store(tmp_path / "store")
    assert store.find("run", ABSENT) is None
    assert list(store.entries()) == []
    with pytest.raises(StoreError):
        store.write(record())


def test_a_disk_that_is_full_leaves_what_was_there(store: Store) -> None:
    """A limit for the size of files stands for the disk: the system call fails half-way, too."""
    digest = store.add([b"content"])
    store.write(record(files=digest))
    store.write_note("index", b"content")
    before = {name: content for name, (_, content) in tree(Path(store.root)).items()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(StoreError, match="File too large"):
            store.write(record(files=digest, output="x" * 1000))
        with pytest.raises(StoreError, match="File too large"):
            store.add([b"y" * 60] * 10)
        with pytest.raises(StoreError, match="File too large"):
            store.write_note("index", b"z" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {name: content for name, (_, content) in tree(Path(store.root)).items()} == before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is platformdirs that is asked")
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"XDG_CACHE_HOME": "/elsewhere"},
        {"XDG_CACHE_HOME": ""},
        {"XDG_CACHE_HOME": "relative"},
        {"HOME": "/somewhere"},
        {"HOME": "relative"},
        {"HOME": "/somewhere", "XDG_CACHE_HOME": "/elsewhere"},
    ],
)
def test_a_store_is_where_platformdirs_says(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]
) -> None:
    for name in ("XDG_CACHE_HOME", "HOME", "PIPELINE_DSL_CACHE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    said = platformdirs.user_cache_path("pipeline-dsl", appauthor=False) / "store"
    assert default_root(os.environ) == str(said)


def test_a_store_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {"PIPELINE_DSL_CACHE_DIRECTORY": "here/kept", "XDG_CACHE_HOME": "/x"}
    assert default_root(variables) == str(tmp_path / "here" / "kept")
