"""Copying files out of containers, with a real engine."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import threading
import tracemalloc
import urllib.parse
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import Selection, read_context
from pipeline_dsl.engine.copying.source import parse_source
from pipeline_dsl.engine.docker import BuildRequest, Cancelled
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.steps.copy import CopyRequest, CopyResult, Keep, Limits, copy
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

LABEL = f"pipeline-dsl-test={uuid.uuid4().hex}"

REPORTS = r"""
mkdir -p /out/unit/deep /out/e2e /out/empty && cd /out
for name in a.xml b.xml note.txt .hidden.xml unit/report.xml unit/deep/report.xml e2e/report.xml 'we[i]rd.txt'
do echo "$name" > "$name"; done
"""


@pytest.fixture(scope="module")
def start(docker: SdkDocker, base: str) -> Iterator[Callable[[str], str]]:
    """Run a script in a container to its end, and leave that there."""
    key, _, value = LABEL.partition("=")

    def start(script: str) -> str:
        container = docker.api.create_container(base, ["sh", "-c", script], labels={key: value})["Id"]
        docker.api.start(container)
        docker.api.wait(container)
        return str(container)

    yield start
    docker.remove_containers(LABEL)


@pytest.fixture(scope="module")
def reports(start: Callable[[str], str]) -> str:
    return start(f"{REPORTS}; exit 3")


class Copier:
    """Copies out of a container into a directory of its own."""

    def __init__(self, docker: SdkDocker, output: Output, tmp_path: Path) -> None:
        self.docker = docker
        self.output = output
        self.into = tmp_path / "copied" / "stage"
        self.cancel = threading.Event()

    def __call__(
        self,
        container: str,
        source: str,
        destination: str | None = None,
        keep: Keep | None = None,
        limits: Limits | None = None,
    ) -> CopyResult:
        request = CopyRequest(container, source, destination, self.into, keep, limits or Limits())
        return copy(request, self.docker, self.output, self.cancel)

    @property
    def found(self) -> list[str]:
        """All that is there but directories with something in them."""
        return listed(self.into)


def listed(directory: Path) -> list[str]:
    paths = sorted(directory.rglob("*"))
    return [
        str(path.relative_to(directory))
        for path in paths
        if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
    ]


@pytest.fixture
def copier(docker: SdkDocker, output: Output, tmp_path: Path) -> Copier:
    return Copier(docker, output, tmp_path)


XML = ["a.xml", ".hidden.xml", "b.xml"]
INSIDE = ["e2e/report.xml", "unit/deep/report.xml", "unit/report.xml"]
ALL = [*XML, *INSIDE, "empty", "note.txt", "we[i]rd.txt"]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        # A file becomes the destination, or goes into it.
        ("/out/a.xml", None, ["out/a.xml"]),
        ("out/a.xml", None, ["out/a.xml"]),
        ("/out/a.xml", "x", ["x"]),
        ("/out/a.xml", "x/", ["x/a.xml"]),
        ("/out/a.xml", ".", ["a.xml"]),
        ("/out/a.xml", "/", ["a.xml"]),
        ("/out/a.xml", "/x/y", ["x/y"]),
        ("/out/a.xml", "../../x", ["x"]),
        ("/out/a.xml", "x/../../../etc/y", ["etc/y"]),
        ("/out/a.xml", "js/dist/x", ["js/dist/x"]),
        ("/out/../out/./unit//report.xml", None, ["out/unit/report.xml"]),
        # What is in a directory goes into the destination.
        ("/out/unit", None, ["out/unit/deep/report.xml", "out/unit/report.xml"]),
        ("/out/unit/", None, ["out/unit/deep/report.xml", "out/unit/report.xml"]),
        ("/out/unit/.", None, ["out/unit/deep/report.xml", "out/unit/report.xml"]),
        ("/out/unit", "x", ["x/deep/report.xml", "x/report.xml"]),
        ("/out/unit/", "x/", ["x/deep/report.xml", "x/report.xml"]),
        ("/out/unit", ".", ["deep/report.xml", "report.xml"]),
        ("/out/empty", None, ["out/empty"]),
        # What wildcards match goes into the destination, with its path from where they begin.
        ("/out/*.xml", None, [f"out/{name}" for name in XML]),
        ("/out/*.xml", "x", [f"x/{name}" for name in XML]),
        ("/out/?.xml", ".", ["a.xml", "b.xml"]),
        ("/out/[!b].xml", ".", ["a.xml"]),
        ("/out/[^b].xml", ".", ["a.xml"]),
        ("/out/we[[]i]rd.txt", ".", ["we[i]rd.txt"]),
        ("/out/*/report.xml", "x", ["x/e2e/report.xml", "x/unit/report.xml"]),
        ("/out/**/report.xml", "x", [f"x/{name}" for name in INSIDE]),
        ("/**/deep/*.xml", "x", ["x/out/unit/deep/report.xml"]),
        ("/out/unit/**", ".", ["deep/report.xml", "report.xml"]),
        ("/out/u*", "x", ["x/unit/deep/report.xml", "x/unit/report.xml"]),
        ("/out/*/", ".", ["empty", *INSIDE]),
        ("/out/*", ".", ALL),
    ],
)
def test_a_source_goes_to_its_destination(
    copier: Copier, reports: str, source: str, destination: str | None, expected: list[str]
) -> None:
    result = copier(reports, source, destination)
    assert copier.found == sorted(expected)
    names = [name for name in expected if not name.endswith("empty")]
    assert (result.files, result.url) == (len(names), "")
    assert result.size == sum((copier.into / name).stat().st_size for name in names)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("/nowhere", "there is no"),
        ("/out/*.html", "/out/*.html"),
        ("/nowhere/*", "there is no"),
        ("/out/a.xml/", "not a directory"),
        ("/out/a.xml/*", "not a directory"),
        ("/out/?.xml/", "/out/?.xml/"),
        ("/dev/nu*", "/dev/nu*"),
    ],
)
def test_nothing_to_copy_is_a_failure(copier: Copier, reports: str, source: str, words: str) -> None:
    with pytest.raises(StepError, match=r"\[nothing-to-copy\]") as failure:
        copier(reports, source)
    assert words in str(failure.value)
    assert copier.found == []


@pytest.mark.parametrize("source", ["/out/[", "/out/a[]", "/out/[z-a]", "/out/*\\"])
def test_a_wildcard_that_cannot_be_read_is_a_failure(source: str) -> None:
    with pytest.raises(StepError, match=r"the source .*\[malformed-pattern\]"):
        parse_source(source)


@pytest.mark.engine
def test_it_works_while_the_container_runs_and_after_it_has_failed(
    copier: Copier, reports: str, base: str
) -> None:
    api = copier.docker.api
    key, _, value = LABEL.partition("=")
    running = api.create_container(base, ["sleep", "300"], labels={key: value})["Id"]
    api.start(running)
    copier(running, "/etc/debian_version", "version")
    copier(reports, "/out/a.xml")
    assert copier.found == ["out/a.xml", "version"]


@pytest.mark.engine
def test_copies_of_a_stage_unite(copier: Copier, reports: str) -> None:
    """The later one wins: files over files, a file goes into a directory, links and files make way."""
    copier(reports, "/out/unit", "x")
    copier(reports, "/out/e2e", "x")
    copier(reports, "/out/note.txt", "x")
    copier(reports, "/out/a.xml", "y")
    copier(reports, "/out/e2e", "y/z")
    assert copier.found == ["x/deep/report.xml", "x/note.txt", "x/report.xml", "y/z/report.xml"]
    assert (copier.into / "x/report.xml").read_text() == "e2e/report.xml\n"


@pytest.mark.engine
def test_modes_and_times_are_kept_but_not_owners_and_their_rights(
    copier: Copier, start: Callable[[str], str]
) -> None:
    container = start(r"""
mkdir -p /out/d/none && cd /out
touch private setuid secret read; chmod 600 private; chmod 6755 setuid; chmod 0 secret; chmod 444 read
chown 12345:12345 private; chmod 1777 d; chmod 0 d/none
touch -d @1234567890 private d/none d
""")
    copier(container, "/out", ".")
    status = {name: (copier.into / name).stat() for name in [*copier.found, "d"]}
    assert {name: oct(stat.S_IMODE(each.st_mode)) for name, each in status.items()} == {
        "d": "0o777",
        "d/none": "0o700",
        "private": "0o600",
        "read": "0o444",
        "secret": "0o400",
        "setuid": "0o755",
    }
    assert {each.st_uid for each in status.values()} == {os.getuid()}
    assert [status[name].st_mtime for name in ("private", "d", "d/none")] == [1234567890] * 3


@pytest.mark.engine
def test_names_may_be_any_bytes(copier: Copier, start: Callable[[str], str]) -> None:
    container = start(r"""
mkdir -p "/out/$(printf 'd\377\nx')" && cd /out/d* && echo a > "$(printf '\001\033[31m"é\200')"
long=$(printf '%0200d' 0); mkdir -p "$long/$long" && echo b > "$long/$long/$long"
""")
    copier(container, "/out", ".")
    directory, long = os.fsdecode(b"d\xff\nx"), "0" * 200
    assert copier.found == sorted(
        [
            f"{directory}/{long}/{long}/{long}",
            os.fsdecode(b'd\xff\nx/\x01\x1b[31m"\xc3\xa9\x80'),
        ]
    )


@pytest.mark.engine
def test_other_names_of_a_file_become_files_of_their_own(copier: Copier, start: Callable[[str], str]) -> None:
    """Also when no wildcard matches the name with which its content comes."""
    container = start(
        "mkdir /out; cd /out; echo hello > a.txt; ln a.txt b.log; ln -s a.txt l; ln l m; ln a.txt c.log"
    )
    copier(container, "/out", "all")
    result = copier(container, "/out/*.log", "logs")
    assert copier.found == [
        "all/a.txt",
        "all/b.log",
        "all/c.log",
        "all/l",
        "all/m",
        "logs/b.log",
        "logs/c.log",
    ]
    assert [(copier.into / name).read_text() for name in copier.found] == ["hello\n"] * 7
    assert (copier.into / "all/a.txt").stat().st_nlink == 1
    assert result == CopyResult(2, 12, "", result.goal)


LINKS = r"""
mkdir -p /out/a/b /out/real && cd /out && echo x > real/file
ln -s ../real/file a/inside
ln -s ../../real a/b/directory
ln -s ../.. a/b/top
ln -s missing a/dangling
ln -s /out/real/file absolute
ln -s /etc/passwd passwd
ln -s ../etc/passwd outside
ln -s ../../.. a/b/above
ln -s a/b/top/../../etc/passwd tricky
ln -s a/b/directory/../file after-a-name
ln -s circle circle
"""


@pytest.mark.engine
def test_links_that_stay_inside_are_kept_and_others_are_named(
    copier: Copier, start: Callable[[str], str], printed: list[tuple[Stream, str]]
) -> None:
    copier(start(LINKS), "/out", "x")
    kept = ["x/a/b/directory", "x/a/b/top", "x/a/dangling", "x/a/inside", "x/circle"]
    assert copier.found == sorted([*kept, "x/real/file"])
    assert (copier.into / "x/a/inside").read_text() == "x\n"
    refused = ["a/b/above", "absolute", "after-a-name", "outside", "passwd", "tricky"]
    assert sorted(line.partition(":")[0] for _, line in printed) == [
        f"left out '/out/{it}'" for it in refused
    ]
    assert {stream for stream, _ in printed} == {Stream.PROGRESS}


@pytest.mark.engine
def test_special_files_are_left_out(
    copier: Copier, start: Callable[[str], str], printed: list[tuple[Stream, str]]
) -> None:
    """A container can have devices and pipes; of many, a few are named."""
    container = start(
        "mkdir /out; cd /out; echo > file; mknod null c 1 3; for i in $(seq 40); do mkfifo p$i; done"
    )
    copier(container, "/out", ".")
    assert copier.found == ["file"]
    assert "left out '/out/null': it is neither a file, a directory nor a link" in [
        line for _, line in printed
    ]
    assert printed[-1] == (Stream.PROGRESS, "left out 21 more")
    assert len(printed) == 21


@pytest.mark.engine
@pytest.mark.parametrize(
    ("source", "limits", "reason"),
    [
        ("/out/sparse", Limits(), "the files have more than 2 GiB"),
        ("/out", Limits(size=5 << 20), "the files have more than 5 MiB"),
        ("/out/m*", Limits(files=10), "there are more than 10 files"),
        ("/out/m", Limits(name=8), "the path of a file has more than 8 bytes"),
        ("/out/*.xml", Limits(searched=1 << 20), "more than 1 MiB would have to be looked through"),
    ],
)
def test_too_much_is_refused_and_nothing_stays(
    copier: Copier, huge: str, source: str, limits: Limits, reason: str
) -> None:
    copier(huge, "/out/m/1", "before")
    with pytest.raises(StepError, match=rf"{reason}.*\[copy-too-big\]"):
        copier(huge, source, None, None, limits)
    assert copier.found == ["before"]
    assert listed(copier.into.parent) == ["stage/before"]


@pytest.fixture(scope="module")
def huge(start: Callable[[str], str]) -> str:
    return start("""
mkdir -p /out/m && cd /out && head -c 4M /dev/urandom > a && cp a b && truncate -s 8T sparse
for i in $(seq 20); do echo > m/$i; done; echo > m/with-a-longer-name
""")


@pytest.mark.engine
def test_a_copy_can_be_cancelled(copier: Copier, huge: str) -> None:
    timer = threading.Timer(0.5, copier.cancel.set)
    timer.start()
    with pytest.raises(Cancelled):
        copier(huge, "/out/sparse", None, None, Limits(size=1 << 50))
    timer.join()
    assert listed(copier.into.parent) == ["stage"]


@pytest.mark.engine
def test_a_big_file_is_never_in_memory(copier: Copier, start: Callable[[str], str]) -> None:
    container = start("head -c 200M /dev/zero > /big")
    tracemalloc.start()
    try:
        result = copier(container, "/big")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.size == 200 << 20
    assert peak < 50 << 20


# -- what --artifacts keeps


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.mark.engine
def test_files_are_kept(copier: Copier, reports: str, artifacts: Path) -> None:
    kept = Keep(artifacts, "ci/test")
    single = copier(reports, "/out/a.xml", "x/", kept)
    several = copier(reports, "/out/unit", "y", kept)
    assert listed(artifacts / "ci/test") == ["x/a.xml", "y/deep/report.xml", "y/report.xml"]
    assert single.url == (artifacts / "ci/test/x/a.xml").as_uri()
    assert several.url == (artifacts / "ci/test/y").as_uri()
    assert Path(urllib.parse.unquote(urllib.parse.urlsplit(single.url).path)).read_text() == "a.xml\n"


@pytest.mark.engine
@pytest.mark.parametrize(("destination", "name"), [("y", "y.tar.gz"), (".", "root.tar.gz")])
def test_a_directory_is_packed(
    copier: Copier, reports: str, artifacts: Path, destination: str, name: str
) -> None:
    """What is in the directory is at the root of the file; the same files give the same bytes."""
    result = copier(reports, "/out/unit", destination, Keep(artifacts, "ci/test", pack=True))
    packed = artifacts / "ci/test" / name
    first = packed.read_bytes()
    assert result.url == packed.as_uri()
    assert listed(artifacts) == [f"ci/test/{name}"]
    with tarfile.open(packed) as archive:
        assert [member.name for member in archive] == [".", "deep", "deep/report.xml", "report.xml"]
        assert archive.extractfile("report.xml").read() == b"unit/report.xml\n"  # type: ignore[union-attr]
    assert first[4:8] == bytes(4), "the time in gzip's header"
    copier(reports, "/out/unit", destination, Keep(artifacts, "ci/test", pack=True))
    assert packed.read_bytes() == first


@pytest.mark.engine
def test_a_file_is_kept_as_it_is_even_if_directories_are_packed(
    copier: Copier, reports: str, artifacts: Path
) -> None:
    copier(reports, "/out/a.xml", None, Keep(artifacts, "ci/test", pack=True))
    assert listed(artifacts) == ["ci/test/out/a.xml"]


@pytest.mark.engine
def test_what_an_earlier_run_kept_is_overwritten(copier: Copier, reports: str, artifacts: Path) -> None:
    (artifacts / "ci/test/out").mkdir(parents=True)
    (artifacts / "ci/test/out/unit").write_text("a file by then")
    (artifacts / "ci/test/out/a.xml").write_text("much longer than it is now")
    copier(reports, "/out", None, Keep(artifacts, "ci/test"))
    assert (artifacts / "ci/test/out/a.xml").read_text() == "a.xml\n"
    assert (artifacts / "ci/test/out/unit/report.xml").read_text() == "unit/report.xml\n"


@pytest.mark.engine
@pytest.mark.parametrize("planted", ["ci", "ci/test", "ci/test/out", "ci/test/out/a.xml"])
def test_nothing_is_kept_through_a_link(
    copier: Copier, reports: str, artifacts: Path, tmp_path: Path, planted: str
) -> None:
    """Whoever plants a link in the directory gets nothing written behind it."""
    outside = tmp_path / "outside"
    (outside / "out").mkdir(parents=True)
    (outside / "a.xml").write_text("precious")
    (artifacts / planted).parent.mkdir(parents=True)
    (artifacts / planted).symlink_to(outside / "a.xml" if planted.endswith("xml") else outside)
    copier(reports, "/out/a.xml", None, Keep(artifacts, "ci/test"))
    assert listed(outside) == ["a.xml", "out"]
    assert (outside / "a.xml").read_text() == "precious"
    assert (artifacts / "ci/test/out/a.xml").read_text() == "a.xml\n"


@pytest.mark.engine
def test_no_directory_is_deleted_for_a_file(copier: Copier, reports: str, artifacts: Path) -> None:
    (artifacts / "ci/test/out/a.xml/precious").mkdir(parents=True)
    with pytest.raises(StepError, match=r"cannot be written: .*directory.*\[copy-not-written\]"):
        copier(reports, "/out/a.xml", None, Keep(artifacts, "ci/test"))
    assert listed(artifacts) == ["ci/test/out/a.xml/precious"]


@pytest.mark.engine
def test_the_name_of_a_stage_leads_nowhere_else(copier: Copier, reports: str, artifacts: Path) -> None:
    copier(reports, "/out/a.xml", "x", Keep(artifacts, "../../ci/../.."))
    assert listed(artifacts) == ["x"]


# -- later stages


@pytest.mark.engine
def test_a_later_build_takes_what_was_copied(
    copier: Copier, docker: SdkDocker, reports: str, tmp_path: Path, output: Output
) -> None:
    root = tmp_path / "root"
    (root / "out").mkdir(parents=True)
    (root / "out/a.xml").write_text("from the checkout")
    (root / "out/c.xml").write_text("from the checkout")
    copier(reports, "/out/*.xml")
    files = read_context(root, [Selection(("out",))], Ignore.of([".hidden*", "**/.hidden*"]), [copier.into])
    dockerfile = "FROM scratch\nCOPY out /\n"
    request = BuildRequest(dockerfile, "", lambda extra: pack(files, extra), labels={"test": LABEL})
    image = docker.build(request, output, copier.cancel).image
    try:
        key, _, value = LABEL.partition("=")
        container = docker.api.create_container(image, "none", labels={key: value})["Id"]
        packed = b"".join(docker.copy_out(container, "/", copier.cancel))
    finally:
        docker.api.remove_image(image, force=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        read = {member.name.strip("./"): archive.extractfile(member) for member in archive if member.isreg()}
        found = {name: file.read() for name, file in read.items() if file and name.endswith("xml")}
    assert found == {"a.xml": b"a.xml\n", "b.xml": b"b.xml\n", "c.xml": b"from the checkout"}
    assert listed(root) == ["out/a.xml", "out/c.xml"]
