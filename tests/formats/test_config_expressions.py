"""Expressions mean here what they meant to PipelineLib: §3 of its spec, row by row."""

from __future__ import annotations

import pytest

from pipeline_dsl.model import Each, Merge, Run
from tests.formats.configs import read_stage, refused, warnings

ONE = "- {name: one, build: test, run: {tail: 1}, exports: {x.y: 1}}\n"


def argument(text: str, *, own: str = "") -> object:
    """What a string becomes as an argument of stage ``two``, which comes after ``one``."""
    quoted = text.replace("'", "''")
    stage = read_stage(f"{ONE}- {{name: two, build: test, run: {{arguments: ['{quoted}']}}{own}}}")
    assert isinstance(stage.run, Run)
    (only,) = stage.run.arguments if isinstance(stage.run.arguments, tuple) else (None,)
    return only


def variable(text: str) -> str:
    """What a string becomes as the value of an environment variable."""
    quoted = text.replace("'", "''")
    stage = read_stage(f"{ONE}- {{name: two, build: test, run: {{env: {{A: '{quoted}'}}}}}}")
    assert isinstance(stage.run, Run)
    assert not isinstance(stage.run.environment, Merge)
    return stage.run.environment["A"]


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("${one.imageID}", "${one.imageID}"),
        ("a ${one.x.y|no|:x} b", "a ${one.x.y|no|:x} b"),
        ("${.imageID}", "${.imageID}"),
        ("${imageID}", "${.imageID}"),  # replaced if bound: §3.2
        ("${imageID|x}", "${.imageID|x}"),
        ("${.stage} ${stage} ${one.stage} ${setup.stage}", "two two one setup"),
        ("${HOME}", "${HOME}"),
        ("${output}", "${output}"),  # not bound yet
        ("${HOME|x}", "x"),
        ("${.nothing|x}", "x"),
        ("${one.nothing|}", ""),
        ("${setup.nothing|x}", "x"),
        ("${setup.params.FOO} ${setup.GIT_URL}", "${setup.params.FOO} ${setup.GIT_URL}"),
        ("$HOME $(ls) $$ $", "$HOME $(ls) $$ $"),
        ("$${HOME}", "$$${HOME}"),  # a "$${" of ours is a "${"
        ("${HOME|${x}}", "$${x}"),  # a default is not looked through
    ],
)
def test_a_string_is_put_into_our_syntax(text: str, ours: str) -> None:
    assert argument(text) == ours


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("${X:-y}", "malformed-expression", '"${X:-y}" is not an expression: a name is made of'),
        ("${#a}", "malformed-expression", '"${#a}" is not an expression: a name is made of'),
        ("${a.b", "malformed-expression", '"${a.b" is not an expression: there is no "}".'),
        ("${}", "malformed-expression", '"${}" is not an expression: it has no name.'),
        ("${two.imageID}", "own-reference", "${two.imageID} is the stage's own. Write ${.imageID}."),
        ("${.output}", "unbound-reference", '${.output}: stage "two" gives no "output" before this.'),
        ("${one.imageId}", "unbound-reference", 'gives no "imageId" before this. Did you mean "imageID"?'),
        ("${setup.comit}", "unbound-reference", 'setup gives no "comit" before this. Did you mean "commit"?'),
        ("${onne.imageID}", "unknown-stage", 'there is no stage "onne" in the pipeline. Did you mean "one"?'),
        ("${last.imageID|x}", "not-an-ancestor", '${last.imageID|x}: stage "last" does not come before this'),
        ("$${one.imageID}", "not-importable", 'a "$" before ${one.imageID} cannot be said'),
    ],
)
def test_what_ended_a_run_is_an_error(text: str, code: str, message: str) -> None:
    """With its place; of a stage that is no ancestor even if there is a default."""
    (problem,) = refused(
        f"stages:\n  {ONE}  - {{name: two, build: test, run: {{arguments: ['{text}']}}}}\n"
        "  - {name: last, build: test}"
    )
    assert (problem.code, str(problem.at)) == (code, "config.yaml:6:52")
    assert message in str(problem)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("${ZUUL_CHANGE}-${ZUUL_PATCHSET}", "${ZUUL_CHANGE}-${ZUUL_PATCHSET}"),
        ("$HOME/x", "${HOME}/x"),
        (r"\$HOME", "$HOME"),
        (r"\${HOME}", "$${HOME}"),
        (r"\\${HOME}", r"\${HOME}"),
        (r"a\"b\\c\d", r'a"b\c\d'),
        (r"\${one.output}", r"\${one.output}"),
    ],
)
def test_variables_are_what_the_shell_made_of_them(text: str, ours: str) -> None:
    """§5.2: they were between double quotes."""
    assert variable(text) == ours


@pytest.mark.parametrize(
    ("text", "did"), [('{"a": 1}', "took quotes out"), ("$(date)", "executed a command")]
)
def test_what_the_shell_did_and_is_hardly_meant_is_warned_of(text: str, did: str) -> None:
    assert variable(text) == text
    (problem,) = warnings(f"stages: [{{name: a, build: test, run: {{env: {{A: '{text}'}}}}}}]")
    assert problem.code == "shell-in-environment"
    assert did in problem.message


def arguments(expression: str) -> object:
    stage = read_stage(f"{ONE}- {{name: two, build: test, run: {{arguments: {expression}}}}}")
    assert isinstance(stage.run, Run)
    return stage.run.arguments


@pytest.mark.parametrize(
    ("expression", "items"),
    [
        ("{$each: x, $in: \"a\\n\\nb\\n\", $yield: '-${.x}'}", ("-a", "-b")),
        ("{$each: x, $in: 'a, b,,c', $delimiter: ', '}", ("a", "b", "c")),
        ("{$each: x, $in: a-b, $delimiter: '--'}", ("a", "b")),
        ("{$each: x, $in: [a, 1], $yield: '${x}${.x}'}", ("aa", "11")),
        ("{$each: x, $in: 5}", ("5",)),
        ("{$each: x}", ()),
        ("{$each: [x, y], $in: ['a  b c', 'd e'], $yield: '${.y}${.x}'}", ("ba", "ed")),
        ("{$each: x, $in: [a], $yield: '${two.imageID} ${one.output} ${HOME}'}", None),
        ("{$merge: [a], $with: [a, b]}", ("a", "a", "b")),
        ("{$merge: [a], $with: b}", ("a", "b")),
        ("{$merge: [a], $with: {$each: x, $in: b}}", ("a", "b")),
        ("[{$merge: a, $with: '${one.output}'}]", ("a${one.output}",)),
    ],
)
def test_what_is_known_becomes_a_plain_list(expression: str, items: tuple[str, ...] | None) -> None:
    """§3.4; inside a loop a stage's own values have its full name."""
    expected = ("${.imageID} ${one.output} ${HOME}",) if items is None else items
    assert arguments(expression) == expected


def test_what_is_known_at_run_time_only_stays_an_expression() -> None:
    each = "{$each: [a, b], $in: '${one.output}', $delimiter: ', ', $yield: '${.a} ${two.imageID} ${b}'}"
    loop = Each(["a", "b"], of="${one.output}", delimiter=", ", value="${.a} ${two.imageID} ${.b}")
    assert arguments(each) == loop
    assert arguments(f"{{$merge: [x], $with: {each}}}") == Merge(["x"], loop)
    assert arguments("{$each: x, $in: '${one.output}'}") == Each("x", of="${one.output}")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("{$each: x, $in: [a], $yield: '${.imageID}'}", '${.imageID}: the comprehension gives no "imageID"'),
        ("{$each: [x, y], $in: [a]}", "this must be of items of 2 words each, not a list."),
        ("{$each: x, $inn: [a]}", 'there is no key "$inn" here. Did you mean "$in"?'),
        ("{$each: {}, $in: [a]}", "this must be the name of a variable, or a list of such names"),
        ("{$merge: [a], $with: {b: c}}", "this must be of the same kind as what it is merged with"),
        ("{$merge: [a]}", "$with: is required."),
    ],
)
def test_what_an_expression_lacks_is_an_error(expression: str, message: str) -> None:
    problems = refused(f"stages: [{{name: two, build: test, run: {{arguments: {expression}}}}}]")
    assert any(message in str(problem) for problem in problems), problems
