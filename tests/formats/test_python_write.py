"""A pipeline file is written as a person would write it, with the comments of the file that it replaces."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pipeline_dsl.formats.conversion import to_pipeline
from pipeline_dsl.formats.python import write
from pipeline_dsl.formats.python.literals import literal
from pipeline_dsl.formats.python.names import variable_names
from pipeline_dsl.load import load, locate
from pipeline_dsl.model import Builder, Project, Variant

EXAMPLES = Path(__file__).parent / "examples"


def imported(text: str) -> str:
    return to_pipeline(textwrap.dedent(text).lstrip("\n"), "blubber.yaml", "service").text


def dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_a_rich_file_reads_well() -> None:
    """Variants as variables in the order of their use, comments beside what they are about, no default."""
    assert (EXAMPLES / "rich.py.txt").read_text("utf-8") == imported(
        (EXAMPLES / "rich.yaml").read_text("utf-8")
    )


def test_comments_stay_with_their_variant_where_variants_change_their_order() -> None:
    """A variant is written after those that it refers to."""
    text = """
        version: v4
        variants:
          # Late.
          late:
            includes: [early] # first
            entrypoint: [x]
            # last of late
          # Early.
          early:
            base: foo # base of early
    """
    expected = """
        from pipeline_dsl import Variant

        # Early.
        early = Variant(
            "early",
            # base of early
            base="foo",
        )

        # Late.
        late = Variant(
            "late",
            # first
            includes=[early],
            entrypoint=["x"],
            # last of late
        )
    """
    assert dedented(expected) == imported(text)


def test_comments_about_what_is_not_written_stand_above_their_variant() -> None:
    """Of values that are defaults, and of brackets."""
    text = """
        version: v4
        variants:
          test:
            base: foo
            includes: [] # none
            copies: [
              local
            ] # closed
        # end
    """
    expected = """
        from pipeline_dsl import Variant

        # none
        # closed
        test = Variant("test", base="foo", copies=["local"])

        # end
    """
    assert dedented(expected) == imported(text)


def test_comments_of_an_anchor_stay_where_the_anchor_was() -> None:
    """Not where it is used."""
    text = """
        version: v4
        variants:
          build: &build
            base: foo # of build
          test:
            <<: *build
            # of test
            entrypoint: [x]
    """
    expected = """
        from pipeline_dsl import Variant

        build = Variant(
            "build",
            # of build
            base="foo",
        )

        test = Variant(
            "test",
            base="foo",
            # of test
            entrypoint=["x"],
        )
    """
    assert dedented(expected) == imported(text)


def test_arguments_without_a_name_come_first_whatever_the_order_of_the_file() -> None:
    """The others stay in that order."""
    text = """
        version: v4
        variants:
          test:
            builder: {caches: [{access: locked, destination: /c}], requirements: [{source: a, from: img}]}
    """
    expected = """
        from pipeline_dsl import Builder, Cache, Copy, Image, Variant

        test = Variant(
            "test",
            builder=Builder(
                caches=[Cache("/c", access="locked")],
                requirements=[Copy(Image("img"), source="a")],
            ),
        )
    """
    assert dedented(expected) == imported(text)


def test_settings_of_the_project_come_as_soon_as_what_they_refer_to_is_there() -> None:
    """First of all, if they refer to nothing."""
    text = """
        version: v4
        builder: {requirements: [{from: tools, source: /bin/x}], command: x}
        variants:
          test: {base: foo}
          tools: {base: ~}
    """
    written = imported(text)
    assert written.index("tools = ") < written.index("Project(") < len(written)
    simple = imported("version: v4\nbase: foo\nvariants: {test: {}}\n")
    expected = """
        from pipeline_dsl import Project, Variant

        Project("service", base="foo")

        test = Variant("test")
    """
    assert dedented(expected) == simple


def test_a_file_without_variants_is_a_project() -> None:
    """Something has to be defined."""
    assert imported("version: v4\n") == 'from pipeline_dsl import Project\n\nProject("service")\n'


def test_a_comment_that_names_an_encoding_does_not_become_that_of_the_file() -> None:
    """Python looks for one in the first two lines."""
    written = imported("# -*- coding: latin-9 -*-\nversion: v4\nvariants: {test: {base: foo}}\n")
    assert written.startswith("from pipeline_dsl import Variant\n\n# -*- coding: latin-9 -*-\n")


@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("#foo", "# foo"),
        ("#\tfoo", "# foo"),
        ("#", "#"),
        ("## foo", "## foo"),
        ("#!x", "#!x"),
        ("#:x", "#:x"),
    ],
)
def test_comments_are_spaced_as_ruff_does(comment: str, written: str) -> None:
    """It would change them otherwise."""
    assert written in imported(f"version: v4\nvariants:\n  {comment}\n  test: {{base: foo}}\n").splitlines()


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        (["test", "build.js", "my-app"], ["test", "build_js", "my_app"]),
        (["import", "match", "list", "Node", "Apt"], ["import_v", "match_v", "list_v", "node_v", "apt_v"]),
        (["a-b", "a.b", "A-b", "a-b-2"], ["a_b", "a_b_2", "a_b_3", "a_b_2_2"]),
        (["Lint", "print"], ["lint", "print_v"]),
    ],
)
def test_variables_are_named_as_what_they_hold(names: list[str], variables: list[str]) -> None:
    """No keyword, builtin or name of the package is taken, and none twice."""
    assert dict(zip(names, variables, strict=True)) == variable_names(names, "_v")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("'\"", '"\'\\""'),
        ("a\\b\t", '"a\\\\b\\t"'),
        ("\x00\u2028é漢", '"\\x00\\u2028é漢"'),
        ("one\ntwo\n", '"""\\\none\ntwo\n"""'),
        ("one \\\n\ttwo", '"""\\\none \\\\\n\\ttwo"""'),
        ("one \ntwo", '"one \\ntwo"'),
        ('one\n"""', '\'one\\n"""\''),
        ("\n", '"\\n"'),
    ],
)
def test_strings_are_quoted_as_ruff_does(text: str, written: str) -> None:
    """Those of several lines show as they are, if blanks at the end of a line do not hide."""
    assert written == literal(text)
    assert text == eval(written)  # noqa: S307 -- our own literal


def test_lines_are_as_wide_as_they_look() -> None:
    """A wide sign takes two columns."""
    fits, wide = "漢" * 24, "漢" * 25
    assert f'test = Variant("test", entrypoint=["{fits}"])\n' in write(
        Project("p", variants=[Variant("test", entrypoint=[fits])])
    )
    assert f'    entrypoint=["{wide}"],\n' in write(
        Project("p", variants=[Variant("test", entrypoint=[wide])])
    )


def test_a_variant_that_is_only_referred_to_is_written_too(tmp_path: Path) -> None:
    """And a long chain of them is no problem."""
    variant = Variant("v000", builder=Builder(command="x"))
    for number in range(1, 1500):
        variant = Variant(f"v{number:03}", includes=[variant])
    file = tmp_path / "pipeline.py"
    file.write_text(write(Project("p", variants=[variant])), "utf-8")
    assert len(load(locate(file)).variants) == 1500
