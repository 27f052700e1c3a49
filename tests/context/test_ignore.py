from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import docker
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import Selection, read_context
from pipeline_dsl.errors import DefinitionError, Position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MATCHES = [
    # A pattern matches from the root, and with it everything below what it matches.
    (["a"], "a", True),
    (["a"], "a/b/c", True),
    (["a"], "b/a", False),
    (["a"], "ab", False),
    (["a/b"], "a", False),
    # A star and a question mark stop at a slash, and match leading dots.
    (["*.md"], "README.md", True),
    (["*.md"], "docs/README.md", False),
    (["*/*.md"], "docs/README.md", True),
    (["*"], ".env", True),
    (["a?c"], "abc", True),
    (["a?c"], "a/c", False),
    # Two stars go through directories, none included.
    (["**/*.md"], "README.md", True),
    (["**/*.md"], "a/b/README.md", True),
    (["**/b"], "a/b/c", True),
    (["**/b"], "ab", False),
    (["a/**/z"], "a/z", True),
    (["a/**/z"], "a/b/c/z", True),
    (["a/**"], "a", False),
    (["a/**"], "a/b", True),
    (["**"], "a/b", True),
    # Docker compares the rest of a literal pattern that starts with two stars as the end of a path.
    (["**a"], "bba", True),
    (["**a?"], "bbac", False),
    # Sets, escapes, and characters that mean something in other languages.
    (["[a-c]x"], "bx", True),
    (["[^a-c]x"], "bx", False),
    (["[^a-c]x"], "dx", True),
    ([r"\*"], "*", True),
    ([r"\*"], "a", False),
    (["a.b+(c)$"], "a.b+(c)$", True),
    (["a.b*"], "axb", False),
    (["é?"], "éa", True),
    # The last match decides.
    (["*.md", "!README.md"], "README.md", False),
    (["*.md", "!README.md"], "a.md", True),
    (["!README.md", "*.md"], "README.md", True),
    (["a", "!a/b", "a/b/c"], "a/b/d", False),
    (["a", "!a/b", "a/b/c"], "a/b/c/d", True),
    # A negated pattern counts for a directory that was ignored, and not for one that was not.
    (["*", "!docs"], "docs/draft", False),
    (["docs/draft", "!docs"], "docs/draft", True),
    # Patterns are cleaned.
    (["./a//b/../c/"], "a/c", True),
    (["  a  "], "a", True),
    (["", " "], "a", False),
    (["../a"], "a", False),
]


@pytest.mark.parametrize(("patterns", "path", "expected"), MATCHES)
def test_matches(patterns: list[str], path: str, expected: bool) -> None:  # noqa: FBT001
    """A list of patterns leaves out what docker leaves out for it."""
    assert expected is Ignore.of(patterns).matches(path)


def test_a_file_has_comments_blank_lines_and_rooted_patterns() -> None:
    """The text of a .dockerignore is read as docker reads it: a leading slash is the root of the context."""
    ignore = Ignore.parse("\ufeff# comment\r\n\r\n /a/ \r\n #b\n! /a/keep \n")

    assert [str(pattern) for pattern in ignore.patterns] == ["a", "#b", "!a/keep"]


def test_a_leading_slash_stays_in_a_list() -> None:
    """Patterns of COPY --exclude that start with a slash match nothing."""
    assert not Ignore.of(["/a"]).matches("a")


@pytest.mark.parametrize(
    "pattern", ["a[", "[]", "[^]", "[a-]", "a\\", "!", "[z-a]*", r"bin\Debug", "[*]", "*^", "*|", "*{2}"]
)
def test_a_malformed_pattern_is_reported_with_its_line(pattern: str) -> None:
    """A pattern that docker refuses, or reads as nobody means it, is a problem at its line."""
    with pytest.raises(DefinitionError) as caught:
        Ignore.parse(f"ok\n{pattern}\n", "app/.dockerignore")

    assert [Position("app/.dockerignore", 2)] == [problem.at for problem in caught.value.problems]


def test_all_malformed_patterns_are_reported_at_once() -> None:
    """Each malformed pattern of a list has its own problem."""
    with pytest.raises(DefinitionError) as caught:
        Ignore.of(["[", "a", "b\\"])

    assert [problem.code for problem in caught.value.problems] == ["malformed-pattern"] * 2


def test_the_reason_is_the_last_pattern_that_ignores() -> None:
    """The pattern by which a path is left out can be shown, with its line."""
    ignore = Ignore.parse("a\n!a/b\n*/b/*.log\n")

    assert [
        (str(reason), reason.place and reason.place[1])
        for reason in (ignore.reason("a/b/c.log"), ignore.reason("a/x"))
        if reason
    ] == [("*/b/*.log", 3), ("a", 1)]
    assert ignore.reason("a/b/c") is None


@pytest.mark.parametrize(
    ("patterns", "directory", "expected"),
    [
        (["a"], "a", True),
        (["a"], "b", False),
        (["a", "!b"], "a", True),
        (["a", "!a/b"], "a", False),
        (["a", "!a/b/c"], "a/x", True),
        (["a", "!a/*/c"], "a/x", False),
        (["a", "!**/c"], "a/x", False),
        (["*", "!src"], "node_modules", True),
    ],
)
def test_prunes(patterns: list[str], directory: str, expected: bool) -> None:  # noqa: FBT001
    """An ignored directory need not be entered unless a negated pattern may match below it."""
    assert expected is Ignore.of(patterns).prunes(directory)


NAMES = st.sampled_from(["a", "b", "ab", ".c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(["a", "b", "ab", "*", "**", "?", "a*", "[ab]", "**b", ".c"])
PATTERNS = st.tuples(st.sampled_from(["", "!"]), st.lists(PARTS, min_size=1, max_size=3).map("/".join)).map(
    "".join
)
LISTS = st.lists(PATTERNS, max_size=5)


@given(patterns=LISTS, directory=PATHS, inner=PATHS)
def test_all_below_a_pruned_directory_is_ignored(patterns: list[str], directory: str, inner: str) -> None:
    """A directory is only pruned when every path below it is ignored."""
    ignore = Ignore.of(patterns)

    assert not ignore.prunes(directory) or ignore.matches(f"{directory}/{inner}")


@given(patterns=LISTS, path=PATHS)
def test_there_is_a_reason_for_what_is_ignored_only(patterns: list[str], path: str) -> None:
    """Every ignored path has a pattern to blame, and no other path has."""
    ignore = Ignore.of(patterns)

    assert ignore.matches(path) is (ignore.reason(path) is not None)


@given(patterns=LISTS, path=PATHS)
def test_without_negation_a_list_is_the_union_of_its_patterns(patterns: list[str], path: str) -> None:
    """Joining patterns to one regular expression changes nothing."""
    positive = [pattern.removeprefix("!") for pattern in patterns]

    assert Ignore.of(positive).matches(path) is any(
        Ignore.of([pattern]).matches(path) for pattern in positive
    )


TREE = [
    ".env",
    "README.md",
    "a/README.md",
    "a/b/README.md",
    "a/b/c/d.txt",
    "a/b/keep.txt",
    "a/x.log",
    "bin/Debug/x",
    "docs/draft/one.md",
    "docs/index.md",
    "node_modules/left/index.js",
    "node_modules/left/node_modules/right/index.js",
    "src/app.js",
    "src/app.test.js",
    "src/node_modules/x.js",
    "src/[x].js",
    "src/*.js",
    "src/é.js",
    "xa/y",
]

LISTS_FOR_DOCKER = [
    "",
    "*",
    "**",
    "*.md",
    "**/*.md",
    "**/*.md\n!README.md",
    "*.md\n!README*.md\nREADME.md",
    "node_modules",
    "**/node_modules",
    "/node_modules/\n./src//app.js",
    "a/b",
    "a\n!a/b",
    "a\n!a/b\na/b/c",
    "a/b/c\n!a/b",
    "docs/draft\n!docs",
    "*\n!src\n!a/b/keep.txt",
    "*\n!src/*.js",
    "src/[^a]*",
    "src/[[]x].js",
    r"src/\*.js",
    "src/?.js",
    "**a",
    "a/**",
    "a/**/d.txt",
    "**/b/**",
    "# node_modules\n\n !  docs \n #x\n  src  ",
    "\ufeff*.md\r\nsrc\r\n",
    "**/*.test.js\n**/*.log\n.env*\n*/b\n!a/b/c/d.txt",
    "!src\nsrc/app*\n!src/app.js",
]


@pytest.fixture
def engine() -> Iterator[docker.APIClient]:
    if not shutil.which("docker"):
        pytest.skip("the docker command line, to be compared with, is not installed")
    client = docker.from_env()
    yield client.api
    client.close()


@pytest.mark.engine
@pytest.mark.parametrize("patterns", LISTS_FOR_DOCKER)
def test_docker_ignores_the_same(patterns: str, tmp_path: Path, engine: docker.APIClient) -> None:
    """The docker command line sends the files that are left in the context here, and no others."""
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_bytes(patterns.encode())
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /tree/\n")
    own = {"Dockerfile", ".dockerignore"}

    context = read_context(tmp_path, [Selection((".",))], Ignore.parse(patterns))

    assert sent_by_docker(tmp_path, engine) - own == {file.path for file in context} - own


def sent_by_docker(directory: Path, engine: docker.APIClient) -> set[str]:
    """Build with docker's legacy client, which reads .dockerignore itself, and look what the image holds."""
    image = subprocess.run(
        ["docker", "build", "--quiet", directory],
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    container = engine.create_container(image, "none")["Id"]
    exported = io.BytesIO(b"".join(engine.export(container)))
    engine.remove_container(container)
    engine.remove_image(image, force=True)
    with tarfile.open(fileobj=exported) as archive:
        return {name.removeprefix("tree/") for name in archive.getnames() if name.startswith("tree/")}
