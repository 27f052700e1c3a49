"""Copied files that lie over the directory that is built from."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.reading import Kind, Selection, read_context
from pipeline_dsl.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipeline_dsl.context.reading import ContextFile


class MakeLayer(Protocol):
    """Makes a directory of files by path; content that begins with an arrow is the target of a link."""

    def __call__(self, name: str, files: Mapping[str, str]) -> Path: ...


ALL = [Selection((".",))]


@pytest.fixture
def layer(tmp_path: Path) -> MakeLayer:
    def layer(name: str, files: Mapping[str, str]) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        for path, content in files.items():
            fill(directory / path, content)
        return directory

    return layer


def fill(place: Path, content: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if content.startswith("->"):
        place.symlink_to(content[2:])
    else:
        place.write_text(content)


def contents(files: Iterable[ContextFile]) -> dict[str, str]:
    """Read the files, where they say that they are; of links, the target; of directories, a slash."""
    return {file.path: content(file) for file in files}


def content(file: ContextFile) -> str:
    if file.kind is Kind.DIRECTORY:
        return "/"
    if file.kind is Kind.SYMLINK:
        return f"->{file.target}"
    with open(file.source, encoding="utf-8") as text:  # noqa: PTH123 -- as it is sent
        return text.read()


def test_directories_unite_and_files_replace_files(layer: MakeLayer) -> None:
    """The last one is on top; where the bytes are is said of each file."""
    root = layer("root", {"a": "root", "d/b": "root", "d/c": "root", "e": "root"})
    first = layer("first", {"a": "first", "d/b": "first", "n/x": "first"})
    last = layer("last", {"d/b": "last", "n/y": "last"})

    files = read_context(root, ALL, Ignore(), [first, last])

    assert contents(files) == {
        "a": "first",
        "d": "/",
        "d/b": "last",
        "d/c": "root",
        "e": "root",
        "n": "/",
        "n/x": "first",
        "n/y": "last",
    }
    assert {file.path: file.source for file in files}["d/b"] == str(last / "d/b")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"d/b": "root"}, {"d": "file"}], {"d": "file"}),
        ([{"d": "file"}, {"d/b": "over"}], {"d": "/", "d/b": "over"}),
        ([{"d/b": "root"}, {"d": "->e"}], {"d": "->e"}),
        ([{"d": "->e", "e/x": "root"}, {"d/b": "over"}], {"d": "/", "d/b": "over", "e": "/", "e/x": "root"}),
        # What a file has hidden does not come back.
        ([{"d/b": "root"}, {"d": "file"}, {"d/c": "last"}], {"d": "/", "d/c": "last"}),
        ([{"d/e/b": "root"}, {"d": "file"}, {"d/e/c": "last"}], {"d": "/", "d/e": "/", "d/e/c": "last"}),
    ],
)
def test_what_is_no_directory_hides_what_is_under_it(
    layer: MakeLayer, layers: list[dict[str, str]], expected: dict[str, str]
) -> None:
    """A file or a link over a directory replaces it with all that is in it, and the reverse."""
    root, *overlays = (layer(str(number), files) for number, files in enumerate(layers))

    assert contents(read_context(root, ALL, Ignore(), overlays)) == expected


def test_links_lead_from_one_layer_to_the_other(layer: MakeLayer) -> None:
    """A link is followed in what all layers are together, and never out of it."""
    root = layer("root", {"up": "->reports/unit", "x/down": "->/target", "evil": "->../../reports"})
    over = layer("over", {"reports/unit/a.xml": "a", "target": "b", "link": "->x/down"})

    files = read_context(root, [Selection(("up/*.xml", "link", "evil"))], Ignore(), [over])

    assert contents(files) == {
        "evil": "->../../reports",
        "link": "->x/down",
        "reports": "/",
        "reports/unit": "/",
        "reports/unit/a.xml": "a",
        "target": "b",
        "up": "->reports/unit",
        "x": "/",
        "x/down": "->/target",
    }


def test_the_ignore_of_the_root_applies_to_all(layer: MakeLayer) -> None:
    """What is ignored is not there, wherever it comes from; a copied .dockerignore is only a file."""
    root = layer("root", {"a.log": "root", "b": "root"})
    over = layer("over", {"a.log": "over", "d/c.log": "over", "d/keep.log": "over", ".dockerignore": "b"})

    files = read_context(root, ALL, Ignore.of(["**/*.log", "!**/keep.log"]), [over])

    assert contents(files) == {".dockerignore": "b", "b": "root", "d": "/", "d/keep.log": "over"}


def test_what_no_layer_has_is_named(layer: MakeLayer) -> None:
    """The author is told that it was not copied either, or what was that is near."""
    root, over = layer("root", {"src/a": ""}), layer("over", {"reports/unit.xml": ""})

    with pytest.raises(DefinitionError) as caught:
        read_context(root, [Selection(("other", "reports/unit.xm", "src/a/x"))], Ignore(), [over])

    other, near, below = map(str, caught.value.problems)
    assert 'no "other". It is not among the files that earlier stages have copied' in other
    assert 'Did you mean "reports/unit.xml"?' in near
    assert 'no "src/a/x"' in below


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody, who may not read everything")
def test_a_directory_that_cannot_be_read_is_named(layer: MakeLayer) -> None:
    root, over = layer("root", {"a": ""}), layer("over", {"d/b": ""})
    for directory in (root, over, *root.parents[:3]):
        directory.chmod(directory.stat().st_mode | 0o55)
    (over / "d").chmod(0o700)
    os.seteuid(65534)
    try:
        with pytest.raises(DefinitionError, match=r"cannot be read.*\[context-unreadable\]") as caught:
            read_context(root, ALL, Ignore(), [over])
    finally:
        os.seteuid(0)

    assert f'"{over}/d"' in str(caught.value)


steps = st.sampled_from(["a", "b", "c"])
paths = st.lists(steps, min_size=1, max_size=3).map("/".join)
targets = st.lists(st.sampled_from(["a", "b", "c", ".."]), min_size=1, max_size=3).map("/".join)
kinds = st.one_of(st.just("file"), st.just("/"), targets.map("->{}".format))
layers = st.dictionaries(paths, kinds, max_size=5)
sources = st.sampled_from([".", "a", "a/b", "*/b", "b/*", "*/*/c", "a/../b"])


@settings(deadline=None)
@given(drawn=st.lists(layers, min_size=1, max_size=4), source=sources, prefix=st.sampled_from(["", "p"]))
def test_layers_are_what_copying_them_over_each_other_gives(
    drawn: list[dict[str, str]], source: str, prefix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Files, links, wildcards and what is missing are the same as in one directory that holds it all."""
    top = tmp_path_factory.mktemp("layers")
    (top / "united").mkdir()
    for number, files in enumerate(drawn):
        directory = top / f"layer{number}"
        directory.mkdir()
        for path, what in files.items():
            put(directory, path, what, f"{path} of {number}")
        lay_over(directory, top / "united")
    directories = [top / f"layer{number}" for number in range(len(drawn))]
    selections = [Selection((source,), prefix=prefix)]

    assert outcome(directories[0], selections, directories[1:]) == outcome(top / "united", selections, [])


def put(directory: Path, path: str, what: str, text: str) -> None:
    """Put a file, a link or a directory into a layer, where nothing is in its way."""
    place = directory
    for name in path.split("/")[:-1]:
        place /= name
        if place.is_symlink() or place.is_file():
            return
    place = directory / path
    if place.is_symlink() or place.exists():
        return
    if what == "/":
        place.mkdir(parents=True)
    else:
        fill(place, what if what.startswith("->") else text)


def lay_over(source: Path, target: Path) -> None:
    """Copy a directory over another, replacing whatever is no directory on both sides."""
    for file in source.iterdir():
        place = target / file.name
        is_directory = file.is_dir() and not file.is_symlink()
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.exists() and not is_directory:
            shutil.rmtree(place)
        if is_directory:
            place.mkdir(exist_ok=True)
            lay_over(file, place)
        else:
            shutil.copy(file, place, follow_symlinks=False)


def outcome(
    root: Path, selections: list[Selection], overlays: list[Path]
) -> dict[str, str] | list[tuple[str, str]]:
    try:
        return contents(read_context(root, selections, Ignore(), overlays))
    except DefinitionError as error:
        return sorted((problem.code, problem.message) for problem in error.problems)
