"""Which files go where: spec/blubber.md §1.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.image.instructions import Built, Context, CopyFiles, Existing
from pipeline_dsl.model import Builder, Copy, Image, Lives, Runs, Variant

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.image import Recipe
    from pipeline_dsl.model.artifacts import Copies

    RecipeOf = Callable[[Variant], Recipe]

IN_SRC = Variant("bbb", base="foo", lives=Lives(directory="/src"))
IN_RUN = Variant("rrr", base="foo", lives=Lives(directory="/src"), runs=Runs(directory="/srv/run"))
FROM_NOTHING = Variant("nnn", base="scratch", lives=Lives(directory="/src"))


def copied(recipe_of: RecipeOf, variant: Variant) -> list[CopyFiles]:
    return [one for one in recipe_of(variant).instructions if isinstance(one, CopyFiles)]


def required(recipe_of: RecipeOf, *requirements: str | Copy) -> list[CopyFiles]:
    return copied(recipe_of, Variant("own", base="foo", builder=Builder(requirements=requirements)))


def test_requirements_are_grouped_by_origin_and_destination(recipe_of: RecipeOf) -> None:
    """Golden vector 1."""
    found = required(
        recipe_of,
        "src",
        "src2/",
        ".",
        "./x/y",
        Copy("local", source="d", destination="e"),
        Copy("local", source="f/", destination="g"),
        Copy("local"),
    )
    assert found == [
        CopyFiles(Context(), ("src", "./"), "./", owned=True),
        CopyFiles(Context(), ("src2/",), "src2/", owned=True),
        CopyFiles(Context(), ("./",), ".", owned=True),
        CopyFiles(Context(), ("x/y",), "x/", owned=True),
        CopyFiles(Context(), ("d",), "e", owned=True),
        CopyFiles(Context(), ("f/",), "g/", owned=True),
    ]


def test_a_group_excludes_what_any_of_it_does_and_interleaved_origins_are_sorted(recipe_of: RecipeOf) -> None:
    """Golden vector 2."""
    found = required(
        recipe_of,
        Copy("local", source="a", exclude=["x"]),
        Copy(IN_SRC, source="/z"),
        Copy("local", source="b"),
    )
    assert found == [
        CopyFiles(Context(), ("a", "b"), "./", owned=True, exclude=("x",)),
        CopyFiles(Built("bbb"), ("/z",), "/", owned=True),
    ]


@pytest.mark.parametrize(
    ("requirement", "source", "destination"),
    [
        ("foo", "foo", "./"),
        ("bar/baz", "bar/baz", "bar/"),
        ("a//b/../c", "a/c", "a/"),
        ("src/", "src/", "src/"),
        ("./", "./", "./"),
        (".env", ".env", "./"),
        (Copy(IN_SRC), "/src/", "./"),
        (Copy(IN_SRC, source="/z"), "/z", "/"),
        (Copy(IN_SRC, source="/z/"), "/z/", "/z/"),
        (Copy("local", source="d", destination="e/"), "d", "e/"),
        (Copy("local", source="d", destination="./e//f"), "d", "e/f"),
        (Copy("local", source="d/", destination="."), "d/", "./"),
        (Copy("local", source="d/", destination="/"), "d/", "/"),
    ],
)
def test_a_requirement_goes_where_its_spelling_says(
    requirement: str | Copy, source: str, destination: str, recipe_of: RecipeOf
) -> None:
    (found,) = required(recipe_of, requirement)
    assert (found.sources, found.destination) == ((source,), destination)


def test_several_sources_make_their_destination_a_directory(recipe_of: RecipeOf) -> None:
    (found,) = required(
        recipe_of,
        Copy("local", source="a", destination="e"),
        Copy("local", source="b", destination="e"),
    )
    assert (found.sources, found.destination) == (("a", "b"), "e/")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [(IN_SRC, "/src/out"), (IN_RUN, "/srv/run/out"), (FROM_NOTHING, "/out"), (Image("bar"), "/out")],
)
def test_a_relative_source_is_below_where_its_origin_works(
    origin: Variant | Image, expected: str, recipe_of: RecipeOf
) -> None:
    """Golden vector 7; of an image, below its root."""
    (found,) = required(recipe_of, Copy(origin, source="out"))
    assert (found.sources, found.destination) == ((expected,), "./")
    (found,) = copied(recipe_of, Variant("own", base="foo", copies=[Copy(origin, source="./out")]))
    assert (found.sources, found.destination) == ((expected,), "./out")


def test_the_whole_context_goes_to_the_working_directory(recipe_of: RecipeOf) -> None:
    assert copied(recipe_of, Variant("own", base="foo", copies=["local"])) == [
        CopyFiles(Context(), (".",), ".", owned=True)
    ]


@pytest.mark.parametrize(("origin", "place"), [(IN_SRC, Built("bbb")), (Image("bar"), Existing("bar"))])
def test_the_short_form_copies_this_variants_directory_and_the_libraries(
    origin: Variant | Image, place: Built | Existing, recipe_of: RecipeOf
) -> None:
    """Golden vector 6: from where this variant lives, not from where the other one does."""
    own = Variant("own", base="foo", copies=[Copy(origin, exclude=["x"])])
    assert copied(recipe_of, own) == [
        CopyFiles(place, ("/srv/app",), "/srv/app", owned=True, exclude=("x",)),
        CopyFiles(place, ("/opt/lib",), "/opt/lib", owned=True, exclude=("x",)),
    ]


def test_copies_are_taken_verbatim_and_one_by_one(recipe_of: RecipeOf) -> None:
    """Neither cleaned nor grouped, unlike requirements."""
    copies: Copies = [
        Copy("local", source="a//b"),
        Copy("local", source="c", destination="a//b"),
        Copy(IN_SRC, source="/srv/bin/.", destination="var/www"),
    ]
    assert copied(recipe_of, Variant("own", base="foo", copies=copies)) == [
        CopyFiles(Context(), ("a//b",), "a//b", owned=True),
        CopyFiles(Context(), ("c",), "a//b", owned=True),
        CopyFiles(Built("bbb"), ("/srv/bin/.",), "var/www", owned=True),
    ]
