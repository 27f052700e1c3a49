from __future__ import annotations

import hashlib
import io
import json
import os
import re
import socket
import stat
import tarfile
from typing import TYPE_CHECKING

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import ContextFile, Kind, Selection, load_ignore, read_context
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILES = [
    "README.md",
    "docs/guide/one.md",
    "docs/guide/two.md",
    "docs/index.md",
    "package.json",
    "package-lock.json",
    "src/a[1].js",
    "src/app.js",
    "src/lib/deep/x.js",
    "src/lib/x.test.js",
    "src/lib/x.js",
    "weird/a*b",
    "weird/a\\*b",
]
LIB = ["lib", "lib/deep", "lib/deep/x.js", "lib/up", "lib/x.js", "lib/x.test.js"]
LINKS = {
    "abs": "/src/lib",
    "circle": "circle",
    "dangling": "nowhere",
    "guide": "docs/guide",
    "outside": "../../etc/passwd",
    "readme": "README.md",
    "src/lib/up": "../app.js",
    "via": "abs/deep",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    for name in FILES:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    (directory / "empty").mkdir()
    for name, target in LINKS.items():
        (directory / name).symlink_to(target)
    return directory


def paths(root: Path, *selections: Selection, ignore: Iterable[str] = ()) -> list[str]:
    return [file.path for file in read_context(root, selections, Ignore.of(ignore))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("package.json", ["package.json"]),
        ("package*.json", ["package-lock.json", "package.json"]),
        ("docs/guide", ["docs", "docs/guide", "docs/guide/one.md", "docs/guide/two.md"]),
        ("docs/*/*.md", ["docs", "docs/guide", "docs/guide/one.md", "docs/guide/two.md"]),
        ("*/index.md", ["docs", "docs/index.md"]),
        ("src/[a-b]pp.js", ["src", "src/app.js"]),
        ("src/a[[]1].js", ["src", "src/a[1].js"]),
        ("src/a*[[]*", ["src", "src/a[1].js"]),
        # Without a wildcard, a backslash is part of the name; beside one, it escapes.
        (r"weird/a\*b", ["weird", r"weird/a\*b"]),
        (r"weird/?\*b", ["weird", "weird/a*b"]),
        # Wildcards may match nothing, but the build looks into the directory where they do not.
        ("*.none", []),
        ("docs/*.none", ["docs"]),
        ("package.json/*", ["package.json"]),
        ("empty", ["empty"]),
        # Links on the way are followed, inside the root, and sent with what they lead to.
        ("readme", ["README.md", "readme"]),
        ("guide", ["docs", "docs/guide", "docs/guide/one.md", "docs/guide/two.md", "guide"]),
        ("guide/one.md", ["docs", "docs/guide", "docs/guide/one.md", "guide"]),
        ("guide/o*", ["docs", "docs/guide", "docs/guide/one.md", "guide"]),
        ("via", ["abs", "src", "src/lib", "src/lib/deep", "src/lib/deep/x.js", "via"]),
        # Links found inside a directory are sent as links.
        ("src/lib/up", ["src", "src/app.js", "src/lib", "src/lib/up"]),
        # Wildcards do not go through links.
        ("gui*/one.md", []),
    ],
)
def test_a_source_selects(source: str, expected: list[str], root: Path) -> None:
    """A source selects what COPY takes for it, with the directories above."""
    assert paths(root, Selection((source,))) == expected


def test_a_dot_selects_everything(root: Path) -> None:
    """The source "." selects every file, directory and link."""
    directories = ["docs", "docs/guide", "empty", "src", "src/lib", "src/lib/deep", "weird"]

    assert paths(root, Selection((".",))) == sorted([*FILES, *LINKS, *directories])


def test_files_are_found_once_with_what_the_disk_says_of_them(root: Path) -> None:
    """Overlapping selections give each path once, with mode, size, time and target."""
    (root / "src/app.js").chmod(0o750)
    os.utime(root / "src/app.js", ns=(0, 1_234_567_890_123))
    (root / "src").chmod(0o700)

    files = read_context(root, [Selection(("src/app.js", "readme")), Selection(("src",))], Ignore())

    by_path = {file.path: file for file in files}
    assert len(by_path) == len(files)
    source = str(root / "src/app.js")
    assert by_path["src/app.js"]._replace(ctime_ns=0, inode=0) == ContextFile(
        "src/app.js", source, Kind.REGULAR, 0o750, 10, 1_234_567_890_123
    )
    assert (by_path["src"].kind, by_path["src"].mode, by_path["src"].size) == (Kind.DIRECTORY, 0o700, 0)
    assert (by_path["readme"].kind, by_path["readme"].target) == (Kind.SYMLINK, "README.md")


def test_ignored_files_are_left_out_and_kept_ones_come_with_their_directories(root: Path) -> None:
    """A negated pattern brings a file back, and the directories above it, but no directory alone."""
    ignore = ["docs", "src", "!docs/guide/one.md", "!src/nothing"]

    assert paths(root, Selection(("docs", "[ds]*[cs]")), ignore=ignore) == [
        "docs",
        "docs/guide",
        "docs/guide/one.md",
    ]


def test_other_directories_are_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither ignored directories nor those beside the selected ones are listed."""
    listed: list[str] = []
    scandir = os.scandir

    def watched(path: str) -> os._ScandirIterator[str]:
        listed.append(os.path.relpath(path, root))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    selections = [Selection(("package.json", "src", "s*/app.js")), Selection(("src/lib",))]
    read_context(root, selections, Ignore.of(["**/deep", "empty", "!empty/x"]))

    assert sorted(listed) == [".", "src", "src/lib"]


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ([], ["app.js", "a[1].js", *LIB]),
        (["*"], []),
        (["lib"], ["a[1].js", "app.js"]),
        (["src/lib"], ["a[1].js", "app.js", *LIB]),
        (["**/*.js"], ["lib", "lib/deep", "lib/up"]),
        (["**/x*.js", "!**/x.js"], ["a[1].js", "app.js", *(path for path in LIB if "test" not in path)]),
        (["lib", "!lib/deep"], ["a[1].js", "app.js", "lib", "lib/deep", "lib/deep/x.js"]),
        (["!lib"], ["a[1].js", "app.js", *LIB]),
    ],
)
def test_exclude_is_relative_to_the_directory(exclude: list[str], expected: list[str], root: Path) -> None:
    """What a copy excludes is named from the directory that is copied."""
    selected = paths(root, Selection(("src",), exclude=tuple(exclude)))

    assert selected == ["src", *sorted(f"src/{path}" for path in expected)]


def test_exclude_leaves_single_files_alone(root: Path) -> None:
    """A source that is a file is copied whatever is excluded, also when a wildcard finds it."""
    assert paths(root, Selection(("package.json", "docs/*"), exclude=("*.json", "*.md"))) == [
        "docs",
        "docs/guide",
        "docs/index.md",
        "package.json",
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("docs", ["x", "x/y", "x/y/docs", "x/y/docs/guide", "x/y/docs/guide/one.md", "x/y/docs/index.md"]),
        ("docs/guide/o*", ["x", "x/y", "x/y/docs", "x/y/docs/guide", "x/y/docs/guide/one.md"]),
        ("via/x.js", ["x", "x/y", "x/y/via", "x/y/via/x.js"]),
        ("guide", ["x", "x/y", "x/y/guide", "x/y/guide/one.md"]),
        ("readme", ["x", "x/y", "x/y/readme"]),
    ],
)
def test_a_prefix_moves_the_files(source: str, expected: list[str], root: Path) -> None:
    """Below a prefix, files are where the source says, with the links on the way replaced."""
    files = read_context(root, [Selection((source,), exclude=("**/two.md",), prefix="x/y")], Ignore())

    assert [file.path for file in files] == expected
    assert Kind.SYMLINK not in {file.kind for file in files}


def test_everything_can_be_moved_below_a_prefix(root: Path) -> None:
    """The source "." with a prefix puts the root's content directly below it."""
    selection = Selection((".",), exclude=("*", "!docs/guide"), prefix="x")

    assert paths(root, selection)[:4] == ["x", "x/docs", "x/docs/guide", "x/docs/guide/one.md"]


def test_special_files_are_skipped(root: Path) -> None:
    """Sockets and pipes lie about in working directories; they are not part of a build."""
    os.mkfifo(root / "empty/pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "empty/socket"))

        assert paths(root, Selection(("empty",))) == ["empty"]


def test_names_may_be_any_bytes(root: Path) -> None:
    """A name that is not UTF-8 keeps its bytes."""
    (root / os.fsdecode(b"empty/\xff\n")).touch()

    assert [os.fsencode(path) for path in paths(root, Selection(("empty/*",)))] == [b"empty", b"empty/\xff\n"]


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("pakage.json", "source-missing", ['no "pakage.json"', 'Did you mean "package.json"?']),
        ("src/ap.js", "source-missing", ['Did you mean "src/app.js"?']),
        ("scr/app.js", "source-missing", ['no "scr"', 'Did you mean "src"?']),
        ("nowhere/*", "source-missing", ['no "nowhere"']),
        ("package.json/x", "source-missing", ['no "package.json/x"']),
        ("dangling", "source-missing", ['no "nowhere"', 'link "dangling"']),
        ("outside", "source-missing", ['no "etc"', "../../etc/passwd"]),
        ("dang*", "source-missing", ['link "dangling"']),
        ("circle", "source-missing", ["in circles"]),
        ("empty/pipe", "source-special", ["neither a file"]),
        ("docs/guide", "source-ignored", ['pattern "docs" (.dockerignore:2)', '"!docs/guide"']),
        ("guide/one.md", "source-ignored", ['"docs/guide"', '"docs" (.dockerignore:2)']),
        ("src[", "source-malformed", ['"src["']),
    ],
)
def test_a_source_that_is_not_there_is_a_problem(
    source: str, code: str, words: list[str], root: Path
) -> None:
    """An author is told which source is missing, why, and what may have been meant."""
    os.mkfifo(root / "empty/pipe")
    ignore = Ignore.parse("# what users need not have\ndocs\n!docs/nothing\n")

    with pytest.raises(DefinitionError) as caught:
        read_context(root, [Selection((source,))], ignore)

    (problem,) = caught.value.problems
    assert problem.code == code
    assert [word for word in words if word not in str(problem)] == []


def test_all_missing_sources_are_reported_at_once(root: Path) -> None:
    """Each missing source is reported, once."""
    with pytest.raises(DefinitionError) as caught:
        read_context(root, [Selection(("one", "two")), Selection(("two", "src", "three"))], Ignore())

    assert len(caught.value.problems) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody, who may not read everything")
def test_a_directory_that_cannot_be_read_is_a_problem(root: Path) -> None:
    """A directory without permission is named, with what to do."""
    for directory in (root, *root.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o55)
    (root / "empty").chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(DefinitionError, match=r'"empty" in the build context cannot be read') as caught:
            read_context(root, [Selection(("empty",))], Ignore())
    finally:
        os.seteuid(0)

    assert caught.value.problems[0].code == "context-unreadable"


def test_ignore_is_read_from_the_root(root: Path) -> None:
    """The .dockerignore of the root counts; without one, nothing is ignored."""
    assert load_ignore(root) == Ignore()
    (root / ".dockerignore").write_bytes(b"*.md\n\xff\n")

    assert load_ignore(root).matches(os.fsdecode(b"\xff"))


@given(
    patterns=st.lists(
        st.sampled_from(["a", "!a", "a/b", "!a/b", "**/c", "!**/c", "*", "!*/b", "b/*", "!b/c/a"]), max_size=4
    )
)
def test_pruning_loses_nothing(patterns: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """The walk finds exactly the files that the patterns leave, in whatever directory they are."""
    root = tmp_path_factory.getbasetemp() / "abc"
    names = [f"{one}/{two}/{three}" for one in "abc" for two in "abc" for three in "abc"]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    ignore = Ignore.of(patterns)

    found = read_context(root, [Selection((".",))], ignore)

    regular = [file.path for file in found if file.kind is Kind.REGULAR]
    assert regular == [name for name in names if not ignore.matches(name)]


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    client = docker.from_env()
    yield client.api
    client.close()


@pytest.mark.engine
@pytest.mark.parametrize(
    "copy",
    [
        "package*.json /d/",
        "docs /d/",
        "docs/guide docs/index.md readme /d/",
        "src/* /d/",
        "*/*.md /d/",
        "guide /d/",
        "via abs/x.js /d/",
        "src/lib/up /d/",
        "docs/*.none package.json/* *.none /d/",
        "weird/a\\\\*b /d/",
        "w*/a* /d/",
        "src/a[[]1].js /d",
        "empty /d/",
    ],
)
def test_the_reduced_context_gives_the_same_image(copy: str, root: Path, engine: docker.APIClient) -> None:
    """What BuildKit copies from the reduced context is what it copies from the whole directory."""
    (root / "src/app.js").chmod(0o755)
    sources = [source.replace("\\\\", "\\") for source in copy.split()[:-1]]

    reduced = read_context(root, [Selection(tuple(sources))], Ignore())
    whole = read_context(root, [Selection((".",))], Ignore())

    assert built(engine, reduced, copy) == built(engine, whole, copy)


@pytest.mark.engine
@pytest.mark.parametrize("source", ["docs", "src", "via", "readme", "*/guide", "."])
def test_a_prefixed_context_gives_the_same_image(source: str, root: Path, engine: docker.APIClient) -> None:
    """Copying a source from below a prefix gives what copying it from its own place does."""
    moved = read_context(root, [Selection((source,), prefix=".copy/1")], Ignore())
    whole = read_context(root, [Selection((".",))], Ignore())

    assert built(engine, moved, f".copy/1/{source} /d/") == built(engine, whole, f"{source} /d/")


@pytest.mark.engine
@pytest.mark.parametrize(
    "exclude", ["*.js*", "**/*.js", "lib", "lib !lib/deep", "!lib", "lib/deep !lib", "/lib"]
)
def test_exclude_gives_the_same_image(exclude: str, root: Path, engine: docker.APIClient) -> None:
    """What is left out of a prefixed context is what COPY --exclude leaves out of the whole one."""
    if engine.version()["Version"].startswith("20."):
        pytest.skip("this engine has no COPY --exclude to compare with")
    patterns = exclude.split()
    sources = ["src", "package.json", "w*"]
    moved = read_context(root, [Selection(tuple(sources), tuple(patterns), ".copy")], Ignore())
    whole = read_context(root, [Selection((".",))], Ignore())

    flags = " ".join(f"--exclude={pattern}" for pattern in patterns)
    below = " ".join(f".copy/{source}" for source in sources)
    assert built(engine, moved, f"{below} /d/") == built(engine, whole, f"{flags} {' '.join(sources)} /d/")


@pytest.mark.engine
@pytest.mark.parametrize("source", ["dangling", "outside", "circle", "dang*", "nowhere/*", "src["])
def test_what_is_a_problem_here_fails_there(source: str, root: Path, engine: docker.APIClient) -> None:
    """Only such sources are refused as BuildKit would fail for."""
    whole = read_context(root, [Selection((".",))], Ignore())

    with pytest.raises(AssertionError, match="errorDetail"):
        built(engine, whole, f"{source} /d/")


def built(
    engine: docker.APIClient, context: tuple[ContextFile, ...], copy: str
) -> dict[str, tuple[str, ...]]:
    """Build an image by one COPY and say what it holds: kind, mode, target and content of each path."""
    chunks = pack(context, {".build/Dockerfile": f"FROM scratch\nCOPY {copy}\n".encode()})
    url = f"{engine.base_url}/v{engine.api_version}/build?version=2&nocache=1&dockerfile=.build/Dockerfile"
    answer = engine.post(url, data=chunks, headers={"Content-Type": "application/x-tar"}).text
    images = [json.loads(line)["aux"]["ID"] for line in answer.splitlines() if "moby.image.id" in line]
    assert images, answer
    container = engine.create_container(images[0], "none")["Id"]
    exported = io.BytesIO(b"".join(engine.export(container)))
    engine.remove_container(container)
    engine.remove_image(images[0], force=True)
    with tarfile.open(fileobj=exported) as archive:
        # The directory that is copied to counts too: it takes the mode of the one that is copied.
        return {
            member.name: described(archive, member)
            for member in archive
            if re.match(r"d(/(?!\.build)|$)", member.name)
        }


def described(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, ...]:
    content = archive.extractfile(member) if member.isreg() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else ""
    return (member.type.decode(), oct(stat.S_IMODE(member.mode)), member.linkname, digest)
