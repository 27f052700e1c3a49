"""Tar files that no engine would make, given to what reads them: they have no other way in."""

from __future__ import annotations

import contextlib
import errno
import io
import tarfile
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_dsl.engine.copying.directory import Directory
from pipeline_dsl.engine.copying.limits import Budget, Limits
from pipeline_dsl.engine.copying.links import stays_inside
from pipeline_dsl.engine.copying.source import parse_source
from pipeline_dsl.engine.copying.taking import Taking
from pipeline_dsl.errors import EngineError, StepError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path


def listed(directory: Path) -> list[str]:
    """Name all that is there but directories with something in them."""
    paths = sorted(directory.rglob("*"))
    return [
        str(path.relative_to(directory))
        for path in paths
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    ]


class Hostile:
    """Takes all of a tar file into a directory beside a file that is to stay as it is."""

    def __init__(self, tmp_path: Path) -> None:
        self.into = tmp_path / "into"
        self.outside = tmp_path / "precious"
        self.skipped: list[str] = []

    def __call__(self, chunks: Iterable[bytes], source: str = "/out", limits: Limits | None = None) -> bool:
        def fetch(_: str) -> Generator[bytes]:
            yield from chunks

        self.into.mkdir(exist_ok=True)
        self.outside.write_text("precious")
        with Directory(self.into) as directory:
            budget = Budget(limits or Limits(), source)
            taking = Taking(
                parse_source(source),
                fetch,
                lambda _: "x",
                directory,
                budget=budget,
                skip=lambda path, _: self.skipped.append(path),
            )
            try:
                return taking.take()
            finally:
                assert self.outside.read_text() == "precious"
                assert {it.name for it in self.into.parent.iterdir()} == {"into", "precious"}
                assert {it.name for it in self.into.iterdir()} <= {"x"}
                assert self.inside(self.into)

    @staticmethod
    def inside(directory: Path) -> bool:
        """Say whether no link leads out of a directory, to what is there or to what might be."""
        return all(leads_inside(path, directory.resolve()) for path in directory.rglob("*"))


def leads_inside(path: Path, top: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # a circle of links leads nowhere, and Python may say anything
        return error.errno == errno.ELOOP
    return path.resolve().is_relative_to(top)


@pytest.fixture
def hostile(tmp_path: Path) -> Hostile:
    return Hostile(tmp_path)


def tar(*members: tuple[str, bytes, str | bytes]) -> bytes:
    """Pack members: name, kind, and content or target."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, what in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, 0o755
            info.linkname = what if isinstance(what, str) else ""
            info.size = len(what) if isinstance(what, bytes) else 0
            archive.addfile(info, io.BytesIO(what) if isinstance(what, bytes) else None)
    return packed.getvalue()


TOP = ("out", tarfile.DIRTYPE, "")
FILE, LINK, TWIN = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("out/../../precious", FILE, b"evil")], ["x"]),
        ([("../precious", FILE, b"evil")], ["x"]),
        ([("/precious", FILE, b"evil"), ("//out/a", FILE, b"fine")], ["x/a"]),
        ([("other/a", FILE, b"evil")], ["x"]),
        # A file through a link, in either order, and through a link that replaces a directory.
        ([("out/l", LINK, "../.."), ("out/l/precious", FILE, b"evil")], ["x/l/precious"]),
        ([("out/l", LINK, "."), ("out/l/a", FILE, b"fine")], ["x/l/a"]),
        ([("out/l/a", FILE, b"fine"), ("out/l", LINK, ".")], ["x/l/a"]),
        ([("out/l", tarfile.DIRTYPE, ""), ("out/l", LINK, "/"), ("out/l/a", FILE, b"fine")], ["x/l/a"]),
        # Two links that are harmless alone.
        ([("out/a/up", LINK, ".."), ("out/a/evil", LINK, "up/../precious")], ["x/a/up"]),
        # Other names of files that are elsewhere.
        ([("out/twin", TWIN, "../../precious")], ["x"]),
        ([("out/twin", TWIN, "/precious")], ["x"]),
        ([("out/l", LINK, "../../precious"), ("out/twin", TWIN, "out/l")], ["x"]),
        # Names that are taken.
        ([("out/a", FILE, b"one"), ("out/a", FILE, b"two")], ["x/a"]),
        ([("out/a", FILE, b"one"), ("out/a/b", FILE, b"two")], ["x/a/b"]),
        ([("out/a/b", FILE, b"one"), ("out/a", FILE, b"two")], ["x/a/b"]),
        ([("out/a", FILE, b"one"), ("out/a/b", FILE, b"two"), ("out/c", TWIN, "out/a")], ["x/a/b"]),
        ([("out/l", LINK, ""), ("out/m", LINK, "a" * 5000)], ["x"]),
    ],
)
def test_nothing_leaves_the_directory(
    hostile: Hostile, members: list[tuple[str, bytes, str | bytes]], expected: list[str]
) -> None:
    assert hostile([tar(TOP, *members)])
    assert listed(hostile.into) == expected


def test_a_link_that_is_all_there_is_is_left_out(hostile: Hostile) -> None:
    assert not hostile([tar(("out", LINK, "precious"))])
    assert hostile.skipped == [""]


@pytest.mark.parametrize("left", [0, 100, 512, 600, 1024, 1536, 2048, -1024, -1])
def test_a_tar_file_that_is_cut_off_is_no_success(hostile: Hostile, left: int) -> None:
    """Also where a member ends, and where only the end's own mark is missing."""
    whole = tar(TOP, ("out/a", FILE, b"x" * 700), ("out/b", FILE, b""))
    bare = whole[: whole.rindex(b"ustar") + 255]
    with pytest.raises(EngineError, match=r"\[engine-failed\]"):
        hostile([bare[:left] if left >= 0 else bare + bytes(1024 + left)])


def test_a_damaged_header_is_not_the_end(hostile: Hostile) -> None:
    packed = bytearray(tar(TOP, ("out/a", FILE, b""), ("out/b", FILE, b"")))
    packed[1030] ^= 1
    with pytest.raises(EngineError, match="damaged header"):
        hostile([bytes(packed)])


def test_a_header_may_not_be_of_any_length(hostile: Hostile) -> None:
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 1 << 40

    def endless() -> Iterator[bytes]:
        yield tar(TOP)[:512] + name.tobuf(tarfile.GNU_FORMAT)
        while True:
            yield b"x" * 65536

    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match="overlong header"):
            hostile(endless())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20


def test_headers_may_not_nest_endlessly(hostile: Hostile) -> None:
    name = tarfile.TarInfo("././@LongLink")
    name.type = tarfile.GNUTYPE_LONGNAME
    with pytest.raises(EngineError, match=r"\[engine-failed\]"):
        hostile([tar(TOP)[:512] + name.tobuf(tarfile.GNU_FORMAT) * 1000 + bytes(1024)])


def test_times_that_are_none_are_taken_for_1970(hostile: Hostile) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for index, time in enumerate(["nan", "inf", "-1", "1e300", "1.5"]):
            info = tarfile.TarInfo("out" if not index else f"out/{index}")
            info.type, info.mode = (FILE, 0o644) if index else (tarfile.DIRTYPE, 0o755)
            info.pax_headers = {"mtime": time}
            archive.addfile(info)
    assert hostile([packed.getvalue()])
    times = [(hostile.into / "x" / name).stat().st_mtime for name in ("", "1", "2", "3", "4")]
    assert times == [0, 0, 0, 0, 1.5]


names = st.lists(st.sampled_from(["a", "b", "l", "..", ".", ""]), min_size=1, max_size=4).map("/".join)
kinds = st.sampled_from([FILE, LINK, TWIN, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])


@given(members=st.lists(st.tuples(names, kinds, names, st.booleans()), max_size=8))
@settings(deadline=None)
def test_no_members_leave_the_directory(
    members: list[tuple[str, bytes, str, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever files and links there are, in whatever order, all lie and lead inside."""
    hostile = Hostile(tmp_path_factory.mktemp("hostile"))
    hostile(
        [
            tar(
                TOP,
                *(
                    (
                        f"out/{name}",
                        kind,
                        name.encode() if kind == FILE else f"out/{target}" if twin else target,
                    )
                    for name, kind, target, twin in members
                ),
            )
        ]
    )


SEEDS = [
    tar(TOP, ("out/a", FILE, b"x" * 600), ("out/l", LINK, "a"), ("out/" + "n" * 120, FILE, b"long")),
    tar(
        TOP, ("out/t", TWIN, "out/a"), ("out/" + "é" * 120, LINK, "t" * 200), ("out/p", tarfile.FIFOTYPE, "")
    ),
]


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 10240),
    size=st.integers(1, 5000),
    seal=st.booleans(),
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_taken_or_refused(  # noqa: PLR0913 -- what is varied
    seed: bytes,
    changes: list[tuple[int, int]],
    cut: int,
    size: int,
    *,
    seal: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Damaged tar files, in chunks of any size, do no harm, whether their checksums are right or not."""
    packed = bytearray(seed)
    for position, value in changes:
        packed[position] = value
    if seal:
        sealed(packed)
    chunks = [bytes(packed[at : at + size]) for at in range(0, cut or len(packed), size)]
    hostile = Hostile(tmp_path_factory.mktemp("damaged"))
    with contextlib.suppress(EngineError, StepError):
        hostile(chunks, limits=Limits(size=1 << 20))


def sealed(packed: bytearray) -> None:
    """Make the checksum of each block right that looks like a header."""
    for start in range(0, len(packed), 512):
        block = packed[start : start + 512]
        if b"ustar" in block[250:270]:
            block[148:156] = b" " * 8
            packed[start + 148 : start + 156] = b"%06o\0 " % sum(block)


@given(path=names, target=names)
def test_a_link_stays_inside_whatever_is_on_its_way(path: str, target: str) -> None:
    """Said of relative targets: they go up no further than the top, and never after a name."""
    steps = [step for step in target.split("/") if step not in ("", ".")]
    if stays_inside(path, target):
        assert not target.startswith("/")
        assert steps == sorted(steps, key=lambda step: step != "..")
        assert steps.count("..") <= path.count("/")
