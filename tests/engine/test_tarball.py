from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from typing import TYPE_CHECKING

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import ContextFile, Kind, Selection, read_context
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PAX_TYPES = {b"x", b"g"}


def members(chunks: Iterable[bytes]) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks)), mode="r:") as archive:
        root, *found = archive
    assert (root.name, root.isdir(), root.mode) == (".", True, 0o755)
    return {member.name: member for member in found}


def content(packed: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        file = archive.extractfile(name)
        assert file
        return file.read()


def regular(source: Path, *, size: int | None = None, path: str = "f", mtime_ns: int = 0) -> ContextFile:
    found = source.stat()
    return ContextFile(
        path,
        str(source),
        Kind.REGULAR,
        stat.S_IMODE(found.st_mode),
        found.st_size if size is None else size,
        mtime_ns,
    )


def link(path: str, target: str) -> ContextFile:
    return ContextFile(path, "", Kind.SYMLINK, 0o777, 0, 0, target)


def test_a_directory_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """Contents, modes, links and whole seconds are kept; everything belongs to root."""
    root = tmp_path / "in"
    (root / "bin").mkdir(parents=True, mode=0o700)
    (root / "bin/run").write_bytes(b"x" * 1000)
    (root / "bin/run").chmod(0o4755)
    os.utime(root / "bin/run", ns=(0, 1_999_999_999))
    (root / "link").symlink_to("bin/run")

    chunks = b"".join(pack(read_context(root, [Selection((".",))], Ignore()), {}))

    found = members([chunks])
    assert list(found) == ["bin", "bin/run", "link"]
    assert (found["bin"].isdir(), found["bin"].mode) == (True, 0o700)
    assert (found["bin/run"].mode, found["bin/run"].mtime, found["bin/run"].size) == (0o4755, 1, 1000)
    assert (found["link"].issym(), found["link"].linkname) == (True, "bin/run")
    assert {(member.uid, member.gid) for member in found.values()} == {(0, 0)}
    assert content(chunks, "bin/run") == b"x" * 1000


def test_generated_files_come_first() -> None:
    """A generated file has mode 0644 and no time, and precedes the files of the context."""
    found = members(pack([link("a", "b")], {"z/Dockerfile": b"FROM scratch\n"}))

    assert list(found) == ["z/Dockerfile", "a"]
    generated = found["z/Dockerfile"]
    assert (generated.mode, generated.mtime, generated.size) == (0o644, 0, 13)


def test_a_generated_file_replaces_nothing() -> None:
    """A generated file in the place of one of the context's is a mistake of the caller."""
    with pytest.raises(ValueError, match="'a'"):
        pack([link("a", "b")], {"a": b""})


@pytest.mark.parametrize("length", [99, 100, 101, 255, 600])
def test_names_and_targets_of_any_length(length: int) -> None:
    """Names and link targets beyond the header's 100 bytes are GNU's long ones."""
    directory = ContextFile("d" * length, "", Kind.DIRECTORY, 0o755, 0, 0)

    found = members(pack([directory, link("l" * length, "t" * length)], {}))

    assert list(found) == ["d" * length, "l" * length]
    assert found["l" * length].linkname == "t" * length


NAMES = st.binary(min_size=1, max_size=300).map(lambda raw: raw.replace(b"\0", b"0").replace(b"/", b"_"))


@given(name=NAMES, target=NAMES, seconds=st.integers(-(2**40), 2**40))
def test_any_name_and_any_time(name: bytes, target: bytes, seconds: int) -> None:
    """Every name, target and time of a file system comes out as it went in, without a PAX header."""
    file = ContextFile(
        os.fsdecode(name), "", Kind.SYMLINK, 0o777, 0, seconds * 10**9 + 5, os.fsdecode(target)
    )

    packed = b"".join(pack([file], {}))

    (found,) = members([packed]).values()
    assert (os.fsencode(found.name), os.fsencode(found.linkname), found.mtime) == (name, target, seconds)
    assert {packed[start + 156 : start + 157] for start in (0, 512)}.isdisjoint(PAX_TYPES)


def test_a_huge_file_is_streamed(tmp_path: Path) -> None:
    """A size beyond eight gigabytes has its place in the header, and the file is not read at once."""
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(9 * 2**30)

    chunks = pack([regular(huge)], {})
    first = next(chunks)

    assert len(first) < 2**20
    assert tarfile.TarInfo.frombuf(first[512:1024], "utf-8", "strict").size == 9 * 2**30


@pytest.mark.parametrize("size", [0, 9, 11, 600_000])
def test_a_file_that_changed_is_a_problem(size: int, tmp_path: Path) -> None:
    """A file that is longer or shorter than it was is refused: the archive would be garbage after it."""
    (tmp_path / "f").write_bytes(b"0123456789")

    with pytest.raises(StepError, match=r"f\" changed while it was being read. Run again."):
        list(pack([regular(tmp_path / "f", size=size)], {}))


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    """A file that was deleted since it was found is named."""
    (tmp_path / "f").touch()
    file = regular(tmp_path / "f")
    (tmp_path / "f").unlink()

    with pytest.raises(StepError, match="cannot be read: No such file"):
        list(pack([file], {}))


def test_small_files_travel_together(tmp_path: Path) -> None:
    """Many small files make few chunks."""
    (tmp_path / "f").write_bytes(b"x")
    files = [regular(tmp_path / "f", path=f"f{number}") for number in range(1000)]

    assert len(list(pack(files, {}))) < 10


def test_nothing_is_an_archive_too() -> None:
    """A context without files is a tar file of none."""
    assert members(pack([], {})) == {}


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    client = docker.from_env()
    yield client.api
    client.close()


@pytest.mark.engine
@pytest.mark.parametrize("first", ["Dockerfile", "d" * 200], ids=["short", "long"])
def test_buildkit_takes_it(first: str, tmp_path: Path, engine: docker.APIClient) -> None:
    """BuildKit reads the archive as a build context, also when it begins with a long name."""
    (tmp_path / "f").write_bytes(b"hello")
    name = os.fsdecode(b"n\xff" * 80)
    files = [regular(tmp_path / "f", path=name), link("l" * 120, "t" * 120)]
    chunks = pack(files, {first: b"FROM scratch\nCOPY . /tree/\n"})

    url = f"{engine.base_url}/v{engine.api_version}/build?version=2&dockerfile={first}"
    answer = engine.post(url, data=chunks, headers={"Content-Type": "application/x-tar"})

    images = [json.loads(line)["aux"]["ID"] for line in answer.text.splitlines() if "moby.image.id" in line]
    assert images, answer.text
    engine.remove_image(images[0], force=True)
