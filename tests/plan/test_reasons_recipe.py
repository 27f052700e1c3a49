"""Which instructions are said to be the reason for a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.image import dockerfile
from pipeline_dsl.model import Builder, Copy, Image, Mount, Project, Runs, Variant
from pipeline_dsl.plan.reasons.marks import legible, recipe_lines
from pipeline_dsl.plan.reasons.recipe import recipe_reasons
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.plan.reasons import Reason


def reason(now: Variant, before: Variant) -> Reason:
    """Say what differs between the recipes of two variants."""
    lines, images = written(now)
    found = recipe_reasons(lines, written(before)[0], images)
    assert [one.component for one in found] == ["recipe"]
    return found[0]


def written(variant: Variant) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write a variant's recipe, with the images that it names."""
    resolved = resolve(Project(variants=[variant], name="test"))
    made = dockerfile(resolved.closure(variant.name), {"pipeline-dsl.version": "1"})
    return made.lines, made.images


def app(*commands: str, **environment: str) -> Variant:
    return Variant(
        "app",
        base="debian",
        builders=[Builder(command=command) for command in commands],
        runs=Runs(environment=environment),
    )


def test_another_instruction_is_shown() -> None:
    found = reason(app("make all"), app("make most"))
    assert found.text == "the recipe has another RUN instruction: RUN make all"


def test_of_an_instruction_that_is_long_the_part_that_differs_is_shown() -> None:
    found = reason(*(app(f"make {'x' * 100} {end} {'y' * 100}") for end in ("now", "then")))
    assert found.text == f"the recipe has another RUN instruction: RUN …{'x' * 9} now {'y' * 44}…"


def test_a_new_instruction_and_one_that_is_gone_are_told_apart() -> None:
    one, two = app("make"), app("make", "make install")
    assert reason(two, one).text == "the recipe has a new RUN instruction: RUN make install"
    assert reason(one, two).text == "the recipe has lost a RUN instruction: RUN make install"
    assert reason(app(), app(AA="1")).text == 'the recipe has lost an ENV instruction: ENV AA="1"'


def test_instructions_in_another_order_are_said_to_be_that() -> None:
    found = reason(app("make a", "make b"), app("make b", "make a"))
    assert found.text == "the recipe has its instructions in another order"
    assert "+RUN make a" in found.details


def test_of_several_the_first_is_shown_and_the_others_are_counted() -> None:
    found = reason(app("make a", AA="2"), app("make b", AA="1"))
    assert found.text == 'the recipe has another ENV instruction: ENV AA="2", and 1 more'


def test_the_details_are_a_diff_that_leaves_comments_out() -> None:
    found = reason(app("make a", "make b"), app("make a", "make c"))
    assert found.details[:2] == ("--- last", "+++ now")
    assert [line for line in found.details[3:] if line[0] in "+-"] == ["-RUN make c", "+RUN make b"]
    assert not any("test_reasons" in line or "#" in line for line in found.details)


def test_names_stand_in_the_place_of_marks() -> None:
    tool = Variant("tool", base="debian:1", builders=[Builder(command="make tool")])
    mount = Mount(Image("busybox:1"), source="/bin", destination="/tools")
    now, before = (
        Variant(
            "app",
            base="alpine:2",
            copies=[Copy(tool, source="/bin/tool", destination="/bin/")],
            builders=[Builder(command=command, mounts=[mount])],
        )
        for command in ("ls /tools", "ls")
    )
    lines, images = written(now)
    last = written(before)[0]
    assert images == ("debian:1", "alpine:2", "busybox:1")
    named = legible(recipe_lines(lines), recipe_lines(last), images)[0]
    assert [line for line in named if line.startswith("FROM")] == [
        "FROM debian:1 AS «stage 1»",
        "FROM alpine:2 AS «stage 2»",
    ]
    assert any("--from=«stage 1»" in line for line in named)
    assert any("from=busybox:1," in line for line in named)
    assert "LABEL pipeline-dsl.version=«…»" in named


def test_a_stage_more_does_not_rename_the_others() -> None:
    """The numbers of all that follows are other ones; the diff is of the stage that is new."""
    first, second = (
        Variant(name, base="debian", builders=[Builder(command=f"make {name}")]) for name in ("one", "two")
    )
    copies = [Copy(one, source=f"/{one.name}", destination="/") for one in (first, second)]
    now, before = (Variant("app", base="alpine", copies=chosen) for chosen in (copies, copies[1:]))
    found = reason(now, before)
    removed = [line for line in found.details[3:] if line.startswith("-")]
    added = [line for line in found.details[3:] if line.startswith("+")]
    assert removed == []
    assert [line for line in added if line.startswith(("+FROM", "+RUN make"))] == [
        "+FROM debian AS «stage 1»",
        "+RUN make one",
    ]
    assert found.text.startswith("the recipe has a new FROM instruction: FROM debian, and ")


def test_a_recipe_with_other_marks_only_is_said_to_be_written_in_another_way() -> None:
    (found,) = recipe_reasons(["\0001\0", "RUN a"], ["\0002\0", "RUN a"], [])
    assert found.text == "the recipe is written in another way"


def test_another_stage_to_copy_from_is_a_difference() -> None:
    stages = ["FROM \0000\0 AS \0001\0\nRUN a\n", "FROM \0000\0 AS \0002\0\nRUN b\n"]
    (found,) = recipe_reasons(
        [*stages, "FROM \0000\0 AS \0003\0\nCOPY --from=\0001\0 /x /\n"],
        [*stages, "FROM \0000\0 AS \0003\0\nCOPY --from=\0002\0 /x /\n"],
        ["debian"],
    )
    assert found.text == "the recipe has another COPY instruction: COPY --from=«stage 1» /x /"
    assert "-COPY --from=«stage 2» /x /" in found.details


def test_control_characters_are_shown() -> None:
    (found,) = recipe_reasons(['RUN ["a\x1b[2J"]'], ["RUN b"], [])
    assert found.text == r'the recipe has another RUN instruction: RUN ["a\x1b[2J"]'
    assert r'+RUN ["a\x1b[2J"]' in found.details


LINES = st.lists(
    st.one_of(
        st.builds("FROM \0{}\0 AS \0{}\0".format, st.integers(0, 3), st.integers(4, 8)),
        st.builds("COPY --from=\0{}\0 a b".format, st.integers(0, 8)),
        st.sampled_from(["RUN a", "RUN b \\\n && c", 'ENV A="1"', "\0009\0", "LABEL v=\00010\0"]),
    ),
    max_size=8,
)


@given(LINES, LINES)
def test_recipes_that_differ_give_a_reason_of_one_line(now: list[str], before: list[str]) -> None:
    (found,) = recipe_reasons(now, before, ["debian"])
    assert found.text.isprintable()
    assert all(line.isprintable() for line in found.details)


@pytest.mark.parametrize("bases", [["debian"], []])
def test_an_image_that_nobody_names_has_a_number(bases: list[str]) -> None:
    named, _ = legible(["FROM \0000\0 AS \0001\0"], [], bases)
    assert named == [f"FROM {bases[0] if bases else '«image 1»'} AS «stage 1»"]
