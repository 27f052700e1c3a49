"""A conversion that changes something does not pass."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import blubber, conversion, proof, python
from pipeline_dsl.formats.blubber import read
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.image import recipe
from pipeline_dsl.image.instructions import Execute
from pipeline_dsl.model import Builder, Cache, Copy, Image, Mount, Node, Project, Variant
from pipeline_dsl.resolve import Resolved, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_dsl.formats.blubber import Written
    from pipeline_dsl.image.recipe import Recipe
    from pipeline_dsl.resolve import ResolvedVariant

TEXT = """\
version: v4
base: foo
variants:
  build: {builder: {command: make, requirements: [src/]}}
  test: {includes: [build], entrypoint: [run], runs: {environment: {HOW: well}}}
"""


def original() -> Resolved:
    return resolve(read(TEXT, "blubber.yaml", "service").project)


def differences(converted: Resolved) -> str:
    with pytest.raises(DefinitionError) as found:
        prove(original(), converted)
    return str(found.value)


def test_what_is_read_twice_is_the_same() -> None:
    """Nothing of two projects has to be the same object."""
    prove(original(), original())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("entrypoint: [run]", "entrypoint: [run, it]", '+  "it"'),
        ("HOW: well", "HOW: badly", '-  "HOW": "well"'),
        ("command: make", "command: [make]", '-   "command": "make",'),
        ("[src/]", "[src]", '-     "source": "src/",'),
        ("base: foo", "base: bar", '- "base": "foo",'),
        ("  test: {includes: [build]", "  lint: {includes: [build]", '+ "name": "lint",'),
    ],
)
def test_a_difference_is_shown(old: str, new: str, line: str) -> None:
    """As a diff of what is known of the variant, settings and recipe."""
    changed = resolve(read(TEXT.replace(old, new), "blubber.yaml", "service").project)
    shown = differences(changed)
    assert "is not the same in both. This is a defect" in shown
    assert line in shown.splitlines()


def test_a_difference_has_the_place_of_the_variant() -> None:
    """In the file that was converted."""
    changed = resolve(read(TEXT.replace("[run]", "[x]"), "blubber.yaml", "service").project)
    assert differences(changed).startswith('blubber.yaml:5:3: variant "test" is not the same')


def test_a_recipe_that_differs_is_found_even_if_no_setting_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the resolved project that settings do not show would be one."""
    calls = 0

    def forgetful(variant: ResolvedVariant, variants: Mapping[str, ResolvedVariant]) -> Recipe:
        nonlocal calls
        calls += 1
        made = recipe(variant, variants)
        kept = [one for one in made.instructions if calls != 2 or not isinstance(one, Execute)]
        return dataclasses.replace(made, instructions=tuple(kept))

    monkeypatch.setattr(proof, "recipe", forgetful)
    shown = differences(original()).splitlines()
    assert [line.startswith("-Execute") for line in shown if "make" in line] == [True]


def test_short_and_long_forms_are_the_same() -> None:
    """Of requirements, mounts and caches; in lists of builders too."""

    def project(builder: Builder, node: Node) -> Resolved:
        return resolve(Project("p", variants=[Variant("test", base="foo", builders=[node, builder])]))

    image = Image("bar")
    short = Builder(requirements=["vue/"], mounts=[image], caches=["/c"])
    long = Builder(requirements=[Copy("local", source="vue/")], mounts=[Mount(image)], caches=[Cache("/c")])
    prove(
        project(short, Node(requirements=["a"])),
        project(long, Node(requirements=[Copy("local", source="a")])),
    )


def test_an_import_that_changes_something_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is then not given back."""
    write = python.write
    monkeypatch.setattr(python, "write", lambda *args: write(*args).replace('"run"', '"ran"'))
    with pytest.raises(DefinitionError, match='variant "test" is not the same'):
        conversion.to_pipeline(TEXT, "blubber.yaml", "service")


def test_an_import_that_cannot_be_evaluated_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """And said to be one."""
    monkeypatch.setattr(python, "write", lambda *_: "Variant(")
    with pytest.raises(DefinitionError, match="cannot be evaluated: this is a defect"):
        conversion.to_pipeline(TEXT, "blubber.yaml", "service")


def test_an_export_that_changes_something_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is said that something is lost."""
    write = blubber.write

    def careless(project: Project, *, lossy: bool) -> Written:
        written = write(project, lossy=lossy)
        return dataclasses.replace(written, text=written.text.replace("[run]", "[ran]"))

    monkeypatch.setattr(blubber, "write", careless)
    with pytest.raises(DefinitionError, match='variant "test" is not the same'):
        conversion.to_blubber(read(TEXT, "blubber.yaml", "service").project, lossy=False)


def test_a_pipeline_file_is_checked_against_a_blubber_file() -> None:
    """`import --check`: nothing is written."""
    same = read(TEXT, "blubber.yaml", "service").project
    assert conversion.check_pipeline(TEXT, "blubber.yaml", same) == ()
    with pytest.raises(DefinitionError, match='variant "test" is not the same'):
        conversion.check_pipeline(TEXT.replace("[run]", "[x]"), "blubber.yaml", same)
