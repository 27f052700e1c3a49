from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from pipeline_dsl.cache.store import Store
from pipeline_dsl.context import beside, looking
from pipeline_dsl.context.content import signature_of
from pipeline_dsl.context.contexts import ContextRequest, Contexts
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.context.snapshot import Snapshot, Trace
from pipeline_dsl.context.unit import CHANGED, FULL, RACY, RENAMED, SAME, SIGNATURE, Unit
from tests.context.reference import EVERYTHING, Clock, digest, pass_tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LATER = Clock(ahead=60)
SECOND = 1_000_000_000


class Notes(Store):
    """A store that can be looked into."""

    def note(self) -> bytes:
        """Give the only note."""
        (entry,) = self.entries()
        content = self.read_note(entry.subject)
        assert content is not None
        return content

    def change(self, note: bytes) -> None:
        """Write the only note anew."""
        (entry,) = self.entries()
        self.write_note(entry.subject, note)


@pytest.fixture
def store(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "store")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    for name in ("a", "d/b", os.fsdecode(b"d/\xff")):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("one")
    (directory / "link").symlink_to("d")
    return directory


@pytest.fixture
def request_(root: Path) -> ContextRequest:
    return ContextRequest(str(root), EVERYTHING)


def run(store: Store, request: ContextRequest, clock: Callable[[], int] = LATER) -> str:
    contexts = Contexts(store, clock)
    found = contexts.digest(request)
    contexts.save()
    return found


def test_a_snapshot_can_be_read(store: Notes, request_: ContextRequest) -> None:
    """What is written down comes back: requests, directories and what is known of them."""
    run(store, request_)
    dumped = store.note()

    assert Snapshot.load(dumped).dump() == dumped


def test_a_snapshot_that_was_cut_is_refused(store: Notes, request_: ContextRequest) -> None:
    run(store, request_)
    dumped = store.note()

    for length in range(len(dumped)):
        with pytest.raises(ValueError, match=r"."):
            Snapshot.load(dumped[:length])
    with pytest.raises(ValueError, match="not as long"):
        Snapshot.load(dumped + b"\0")


def test_a_snapshot_whose_parts_do_not_fit_is_refused(store: Notes, request_: ContextRequest) -> None:
    run(store, request_)
    start = len(b"pipeline-dsl context 1\n") + 8
    dumped = store.note()
    end = start + int.from_bytes(dumped[start - 8 : start], "big")
    header = json.loads(dumped[start:end])
    for number in range(1, len(header["sizes"])):
        sizes = list(header["sizes"])
        sizes[number - 1] += 1
        sizes[number] -= 1
        packed = json.dumps({**header, "sizes": sizes}).encode()
        with pytest.raises(ValueError, match=r"."):
            Snapshot.load(dumped[: start - 8] + len(packed).to_bytes(8, "big") + packed + dumped[end:])


@pytest.mark.parametrize(
    "header",
    [b"[]", b"{}", b'{"sizes": [], "units": [], "traces": {}}', b"[" * 100_000, b"\xff", b'"x"', b"1"],
)
def test_a_foreign_snapshot_is_refused(header: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Snapshot.load(b"pipeline-dsl context 1\n" + len(header).to_bytes(8, "big") + header)
    with pytest.raises(ValueError, match="not a snapshot"):
        Snapshot.load(b"pipeline-dsl context 2\n" + len(header).to_bytes(8, "big") + header)


def test_a_note_that_was_cut_or_damaged_is_not_trusted(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    """Whatever byte it is: the digest is what it is, and the next run finds a new note."""
    expected = run(store, request_)
    (path,) = (Path(store.root) / "notes").iterdir()
    note = path.read_bytes()
    for position in range(len(note)):
        path.write_bytes(note[:position])
        assert Contexts(store, LATER).digest(request_) == expected
        path.write_bytes(note[:position] + bytes([note[position] ^ 1]) + note[position + 1 :])
        assert Contexts(store, LATER).digest(request_) == expected
    pass_tick(root.parent)
    (root / "a").write_text("two")

    assert run(store, request_) == digest(request_) == run(store, request_)


def forge(store: Notes, place: Path) -> None:
    """Make a snapshot say of a file what is said of it now, as if it had changed within a tick of the clock.

    Waiting for that is a matter of luck, and newer kernels see to it that it hardly ever happens.
    """
    old = Snapshot.load(store.note())
    traces = {
        key: Trace(trace.digest, tuple(map(forged(place), trace.units))) for key, trace in old.traces.items()
    }
    store.change(Snapshot(old.ignored, old.taken, traces).dump())


def forged(place: Path) -> Callable[[Unit], Unit]:
    def change(unit: Unit) -> Unit:
        signatures = {known: signed for known, _, signed, _ in unit.known()}
        if str(place) in signatures:
            signatures[str(place)] = signature_of(place.lstat())
        return Unit(
            unit.place,
            is_whole=unit.is_whole,
            names=unit.names,
            classes=unit.classes,
            signatures=b"".join(SIGNATURE.pack(*signed) for signed in signatures.values()),
            digests=unit.digests,
            modes=unit.modes,
        )

    return change


def rewrite(root: Path) -> Path:
    (root / "a").write_text("two")
    return root / "a"


def retarget(root: Path) -> Path:
    (root / "link").unlink()
    (root / "link").symlink_to("e")
    return root / "link"


@pytest.mark.parametrize("change", [rewrite, retarget])
@pytest.mark.parametrize(("ahead", "is_noticed"), [(0, True), (60, False)])
def test_a_change_within_a_tick_is_noticed(
    change: Callable[[Path], Path], ahead: float, store: Notes, request_: ContextRequest, *, is_noticed: bool
) -> None:
    """A file that was as young as the first run is compared as a whole, so that its times need not tell.

    Without that rule the change would be missed: a run that is long after the last change does not follow it.
    """
    before = run(store, request_, Clock(ahead))
    forge(store, change(Path(request_.root)))

    after = run(store, request_, Clock(ahead))

    assert (after == digest(request_)) is is_noticed
    assert (after != before) is is_noticed


def test_quick_changes_are_noticed(store: Notes, root: Path, request_: ContextRequest) -> None:
    """A file that changes as quickly as runs follow each other, always of the same size and in place."""
    with (root / "a").open("r+b", buffering=0) as file:
        for number in range(300):
            os.pwrite(file.fileno(), b"%03d" % number, 0)
            if number % 2:
                os.utime(root / "a", ns=(0, 1_600_000_000_123_456_789))
            assert run(store, request_, time.time_ns) == digest(request_)


def classes(store: Notes) -> set[int]:
    return {number for unit in Snapshot.load(store.note()).units() for number in unit.classes}


def test_a_file_is_compared_as_a_whole_until_it_is_old(store: Notes, request_: ContextRequest) -> None:
    """The first run that is late enough vouches for it."""
    run(store, request_, time.time_ns)
    assert RACY in classes(store)

    run(store, request_, LATER)

    assert RACY not in classes(store)
    assert FULL in classes(store)


def test_what_comes_from_the_future_is_not_trusted(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    """A clock that was set back gives files times that they have had before."""
    run(store, request_, Clock(ahead=3600))
    (root / "a").write_text("two")
    forge(store, root / "a")

    assert run(store, request_, Clock(ahead=60)) == digest(request_)
    assert run(store, request_, Clock(ahead=90)) == digest(request_)


def test_a_file_of_the_future_is_compared_as_a_whole(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    os.utime(root / "a", (4e9, 4e9))
    run(store, request_, LATER)
    (root / "a").write_text("two")
    os.utime(root / "a", (4e9, 4e9))
    forge(store, root / "a")

    assert run(store, request_, LATER) == digest(request_)


def test_a_time_that_cannot_be_written_down_costs_time_only(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    """Nanoseconds since 1970 end in the year 2262."""
    os.utime(root / "a", (1e10, 1e10))
    if (root / "a").stat().st_mtime < 9.5e9:
        pytest.skip("this file system does not know that year")

    assert run(store, request_) == digest(request_) == run(store, request_)


def test_what_is_known_of_another_request_is_dropped_when_its_files_change(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    """A run that sees a change for one variant does not keep what it knew for another."""
    other = ContextRequest(str(root), (Selection(("d",)),))
    third = ContextRequest(str(root), (Selection(("a",)),))
    for each in (other, third, request_):
        run(store, each)
    assert len(Snapshot.load(store.note()).traces) == 3
    pass_tick(root.parent)
    (root / "d/b").write_text("two")

    assert run(store, request_) == digest(request_)
    assert len(Snapshot.load(store.note()).traces) == 2
    assert [run(store, other), run(store, third)] == [digest(other), digest(third)]


def test_what_is_known_of_another_request_is_dropped_when_a_new_one_finds_a_change(
    store: Notes, root: Path, request_: ContextRequest
) -> None:
    """Although nobody has looked whether it still is so."""
    run(store, ContextRequest(str(root), (Selection(("d",)),)))
    pass_tick(root.parent)
    (root / "d/b").write_text("two")
    run(store, request_)

    assert len(Snapshot.load(store.note()).traces) == 1


def test_many_requests_do_not_pile_up(store: Notes, root: Path) -> None:
    """Projects change their selections; what was asked long ago is forgotten."""
    contexts = Contexts(store, LATER)
    for number in range(1200):
        contexts.digest(ContextRequest(str(root), (Selection(("a",), exclude=(str(number),)),)))
    contexts.save()
    run(store, ContextRequest(str(root), (Selection(("d",)),)))

    assert len(Snapshot.load(store.note()).traces) == 1001


@pytest.fixture
def units(tmp_path: Path, store: Notes) -> Sequence[Unit]:
    for number in range(20):
        (tmp_path / f"many/{number}").mkdir(parents=True)
        (tmp_path / f"many/{number}/f").touch()
    run(store, ContextRequest(str(tmp_path / "many"), EVERYTHING))
    return [unit for unit in Snapshot.load(store.note()).units() if unit.place != str(tmp_path / "many")]


@pytest.mark.parametrize("number", [0, 7, 13, 19])
def test_two_processes_see_what_one_does(
    number: int, units: Sequence[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever half has changed."""
    monkeypatch.setattr(looking, "_WORTHWHILE", 1)
    monkeypatch.setattr(looking, "can_fork", lambda: True)

    assert looking.look(units) == dict.fromkeys(units, SAME)
    (Path(units[number].place) / "new").touch()
    assert looking.look(units) == {**dict.fromkeys(units, SAME), units[number]: RENAMED}
    (Path(units[number].place) / "f").unlink()
    assert looking.look(units) == {**dict.fromkeys(units, SAME), units[number]: CHANGED}


def forbidden() -> NoReturn:
    raise AssertionError


def test_a_process_with_threads_is_not_split(units: Sequence[Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    """A child would inherit what other threads have locked."""
    monkeypatch.setattr(looking, "_WORTHWHILE", 1)
    monkeypatch.setattr(os, "fork", forbidden)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert looking.look(units) == dict.fromkeys(units, SAME)
    finally:
        end.set()
        thread.join()


def test_without_a_second_process_one_does_it_all(
    units: Sequence[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise BlockingIOError

    monkeypatch.setattr(looking, "_WORTHWHILE", 1)
    monkeypatch.setattr(looking, "can_fork", lambda: True)
    monkeypatch.setattr(os, "fork", fail)

    assert looking.look(units) == dict.fromkeys(units, SAME)


def test_a_second_process_may_die(
    store: Notes, root: Path, request_: ContextRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the first one does its work, too."""
    run(store, request_)
    monkeypatch.setattr(looking, "_WORTHWHILE", 1)
    monkeypatch.setattr(looking, "can_fork", lambda: True)
    monkeypatch.setattr(beside, "_work", lambda *_: os.kill(os.getpid(), signal.SIGKILL))

    assert run(store, request_) == digest(request_)
    (root / "d/b").write_text("two")
    assert run(store, request_) == digest(request_)
