"""The syntax of Dockerfiles. What an engine makes of it is in test_engine.py."""

from __future__ import annotations

import pytest

from pipeline_dsl.image import syntax
from pipeline_dsl.image.syntax import InexpressibleError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("$HOME ${X:-y} $", '"\\$HOME \\${X:-y} \\$"'),
        ("it's", '"it\'s"'),
    ],
)
def test_a_value_is_quoted_character_by_character(value: str, expected: str) -> None:
    assert syntax.quoted(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$HOME/${X}", '"$HOME/${X}"'),
        ("${X:-a b}${X:+c}", '"${X:-a b}${X:+c}"'),
        ("$", '"\\$"'),
        ("$5 $$ $(x) $-", '"\\$5 \\$\\$ \\$(x) \\$-"'),
        ("$$X", '"\\$$X"'),
        ('"$X"\\', '"\\"$X\\"\\\\"'),
        ("", '""'),
    ],
)
def test_variables_in_a_value_of_the_environment_are_left_to_the_engine(value: str, expected: str) -> None:
    """Any other dollar sign is one."""
    assert syntax.expanding(value) == expected


@pytest.mark.parametrize(
    "value", ["${", "a ${X", "${X%y}", "${}", "${5}", "${X:?y}", "${X:-'}", "${X:-$Y}", "${#X}", "${X:-\\}"]
)
def test_what_engines_disagree_about_is_no_value_of_the_environment(value: str) -> None:
    with pytest.raises(InexpressibleError, match="names no variable"):
        syntax.expanding(value)


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\0"])
def test_a_value_has_no_line_breaks(value: str) -> None:
    for write in (syntax.quoted, syntax.expanding):
        with pytest.raises(InexpressibleError, match="line break"):
            write(value)


@pytest.mark.parametrize(
    ("path", "expected"), [("/srv/app", "/srv/app"), ("/a b", '"/a b"'), ("/a$b\\", '"/a\\$b\\\\"')]
)
def test_a_working_directory_is_quoted_if_need_be(path: str, expected: str) -> None:
    assert syntax.directory(path) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a", "b/*.js", "./"], "a b/*.js ./"),
        (["a$b\\c", "/"], "a\\$b\\\\c /"),
        (["a b", "/"], '["a b", "/"]'),
        (["it's", "/"], '["it\\\\\'s", "/"]'),
        (["[ab]", "/"], '["[ab]", "/"]'),
        (["--from=x", "/"], '["--from=x", "/"]'),
        (["<<EOF", "#x"], '["<<EOF", "#x"]'),
        (["é", "/"], "é /"),
    ],
)
def test_paths_are_words_where_they_can_be(paths: list[str], expected: str) -> None:
    assert syntax.paths(paths) == expected


def test_a_mount_is_written_as_engines_read_flags() -> None:
    written = syntax.mount(type="bind", source="/a b,c", target="x", rw=None)
    assert written == '--mount=type=bind,\\"source=/a\\ b,c\\",target=x,rw'


@pytest.mark.parametrize("path", ["a'b", 'a"b', "a\\b", "a\nb"])
def test_a_mount_has_no_path_that_engines_disagree_about(path: str) -> None:
    for option in ("source", "target", "id"):
        with pytest.raises(InexpressibleError, match="mount"):
            syntax.mount(**({"target": "x"} | {option: path}))


@pytest.mark.parametrize("target", ["/", "//", "/.", "/./"])
def test_nothing_is_mounted_over_everything(target: str) -> None:
    with pytest.raises(InexpressibleError, match="nothing can be mounted at /"):
        syntax.mount(type="bind", target=target)


def test_commands_are_written_one_a_line() -> None:
    assert syntax.run(["one", "two"], ["--mount=x"]) == "RUN --mount=x \\\n    one \\\n && two"


@pytest.mark.parametrize(
    "command", ["a\nb", "cat <<EOF", "a \\", "a \\ ", "[ -e x ]", " [x]", "--flag", "# nothing", "", "\r"]
)
def test_a_command_that_a_front_end_would_read_otherwise_is_an_array(command: str) -> None:
    written = syntax.run([command])
    assert written == f"RUN {syntax.array(['/bin/sh', '-c', command])}"


def test_a_text_is_written_line_by_line() -> None:
    assert list(syntax.write("one\nit's\n", "/f")) == [
        "printf '%s\\n' \\\n    'one' \\\n    'it'\\''s' \\\n    > /f"
    ]
    assert list(syntax.write("one\ntwo", "/f")) == [
        "printf '%s\\n' \\\n    'one' \\\n    > /f",
        "printf '%s' 'two' >> /f",
    ]


@pytest.mark.parametrize(
    ("text", "expected"), [("one", "printf '%s' 'one' > /f"), ("", "printf '%s' '' > /f")]
)
def test_a_text_replaces_what_was_in_the_file(text: str, expected: str) -> None:
    assert list(syntax.write(text, "/f")) == [expected]


@pytest.mark.parametrize("command", ["x" * 65_536, "y\n" * 40_000, "printf '%s\\n' \\\n" + "z \\\n" * 50_000])
def test_a_text_can_be_too_long_for_a_front_end_or_for_the_shell(command: str) -> None:
    with pytest.raises(InexpressibleError, match=r"bytes is too long"):
        syntax.run([command])
