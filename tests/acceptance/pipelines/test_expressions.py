"""Expressions at run time: what containers get to see of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.acceptance.pipelines.told import SAY, printed, said, states, with_variables

if TYPE_CHECKING:
    from tests.conftest import CommandLine, MakeProject

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("base")]

SOURCE = """
box = Variant("box", base=BASE)
ci = Pipeline("ci")
lines = ci.stage(
    "lines",
    build=box,
    run=Run(command=["printf", "b  1 x\\na 2\\n\\na 2\\n"], tail=-1),
    exports={
        "one": "1",
        "two": "${.one}2",
        "zero": 0,
        "no": False,
        "nothing": None,
        "empty": "",
        "emptied": [],
        "words": ["p", "q"],
        "table": {"x": 1, "y": {"a": 1}},
        "dashed": "p-q--r",
        "sentence": "p, q r",
        "dotted.name": "dot",
        "made": Each("line", of="${.output}", value="<${.line}>"),
    },
)
"""


class Row(NamedTuple):
    """An expression, or what makes a list, as it is written in a list of arguments; and what comes of it."""

    written: str
    expected: list[str]


TEXTS = {
    "a value": Row('"x${lines.one}"', ["x1"]),
    "an export made of an earlier one": Row('lines.exported("two")', ["12"]),
    "0": Row('"${lines.zero}"', ["0"]),
    "0 in spite of a default": Row('"x${lines.zero|9}"', ["x0"]),
    "False in spite of a default": Row('"${lines.no|yes}"', ["false"]),
    "nothing": Row('"x${lines.nothing}"', ["x"]),
    "nothing with a default": Row('"x${lines.nothing|d}"', ["xd"]),
    "an empty string with a default": Row('"${lines.empty|d}"', ["d"]),
    "an empty list with a default": Row('"${lines.emptied|d}"', ["d"]),
    "a name that is not bound, with a default": Row('"${lines.absent|d}"', ["d"]),
    "an empty default": Row('"x${lines.absent|}"', ["x"]),
    "a default that looks like more": Row('"${lines.empty|a|b:c}"', ["a|b:c"]),
    "a default that is not evaluated": Row('"${lines.empty|${lines.one}"', ["${lines.one"]),
    "a name with a dot": Row('"${lines.dotted.name}"', ["dot"]),
    "a list in a string": Row('"x${lines.words}"', ['x["p", "q"]']),
    "a mapping": Row("lines.exported('table')", ['{"x": 1, "y": {"a": 1}}']),
    "the stage's own name": Row('"${.stage}"', ["say"]),
    "a name without a dot": Row('"${HOME} ${stage}"', ["${HOME} ${stage}"]),
    "what is a shell's": Row('"$HOME $(pwd) $$"', ["$HOME $(pwd) $$"]),
    "an escape": Row('"$${lines.one} $${X:-y}"', ["${lines.one} ${X:-y}"]),
    "a parameter": Row('setup.parameter("COLOUR")', ["blue"]),
    "a parameter that is not given": Row('"${setup.params.SHAPE|round}"', ["round"]),
}


def test_an_expression_in_a_string_gives_way_to_a_value(cli: CommandLine, make_project: MakeProject) -> None:
    arguments = ", ".join(row.written for row in TEXTS.values())
    root = make_project(f'{SOURCE}ci.stage("say", build=box, run=Run({SAY}, arguments=[{arguments}]))')
    told = cli(root, "run", "--param", "COLOUR=blue")
    assert told.code == 0, told.stdout + told.stderr
    values = said(told, "say")
    assert dict(zip(TEXTS, values, strict=True)) == {name: row.expected[0] for name, row in TEXTS.items()}


def test_an_empty_list_in_a_string_is_empty_and_has_a_default(
    cli: CommandLine, make_project: MakeProject
) -> None:
    arguments = '"x${lines.emptied|d}", "x${lines.emptied}"'
    told = cli(
        make_project(f'{SOURCE}ci.stage("say", build=box, run=Run({SAY}, arguments=[{arguments}]))'), "run"
    )
    assert said(told, "say") == ["xd", "x"]


LISTS = {
    "a list that is a value": Row('Each("w", of="${lines.words}")', ["p", "q"]),
    "lines": Row('Each("line", of=lines.output)', ["b  1 x", "a 2", "a 2"]),
    "a value for each": Row(
        'Each("line", of=lines.output, value="${lines.one}:${.line}")', ["1:b  1 x", "1:a 2", "1:a 2"]
    ),
    "words, of which some are left over": Row(
        'Each(["k", "v"], of=lines.output, value="${.v}=${.k}")', ["1=b", "2=a", "2=a"]
    ),
    "a set of delimiters": Row('Each("w", of="${lines.sentence}", delimiter=", ")', ["p", "q", "r"]),
    "a delimiter twice": Row('Each("w", of="${lines.dashed}", delimiter="--")', ["p", "q", "r"]),
    "a list as it is": Row('Each("w", of=["x", "${lines.one}"], value="[${.w}]")', ["[x]", "[1]"]),
    "a number": Row('Each("n", of=3, value="n${.n}")', ["n3"]),
    "none at all": Row('Merge(["-"], Each("n", of="${lines.nothing}"))', ["-"]),
    "the stage's own values by its name": Row('Each("n", of=["1"], value="${STAGE.stage}${.n}")', ["STAGE1"]),
    "the stage's own values by a dot": Row('Each("n", of=["1"], value="${.stage}${.n}")', ["STAGE1"]),
    "a loop in a loop": Row(
        'Each("a", of=["1", "2"], value=Each("b", of=["x", "y"], value="${.a}${.b}"))',
        ['["1x", "1y"]', '["2x", "2y"]'],
    ),
    "lists merged": Row('Merge("${lines.words}", ["q", "r"])', ["p", "q", "q", "r"]),
    "a scalar appended": Row('Merge("${lines.words}", "r")', ["p", "q", "r"]),
    "an empty list and another": Row('Merge([], "${lines.words}")', ["p", "q"]),
    "a loop merged": Row('Merge(["latest"], Each("w", of="${lines.words}"))', ["latest", "p", "q"]),
    "a list made by an export": Row('Merge(lines.exported("made"), [])', ["<b  1 x>", "<a 2>", "<a 2>"]),
}


def test_lists_are_made_of_what_is_known_only_then(cli: CommandLine, make_project: MakeProject) -> None:
    stages = "".join(
        f'ci.stage("s{number}", run=Run({SAY}, arguments={row.written.replace("STAGE", f"s{number}")},'
        " image=lines.image_id))\n"
        for number, row in enumerate(LISTS.values())
    )
    told = cli(make_project(SOURCE + stages), "run", "--rerun")  # some print the same
    assert told.code == 0, told.stdout + told.stderr
    found = {name: said(told, f"s{number}") for number, name in enumerate(LISTS)}
    assert found == {
        name: [item.replace("STAGE", f"s{number}") for item in row.expected]
        for number, (name, row) in enumerate(LISTS.items())
    }


EXPORTS = """
merged = ci.stage(
    "merged",
    exports={
        "table": Merge("${lines.table}", {"y": {"b": 2}, "${lines.one}": "z"}),
        "text": Merge("${lines.one}", "x"),
        "sum": Merge("${lines.zero}", 5),
        "copy": "${lines.table}",
    },
)
"""


def test_structures_keep_their_shape_from_stage_to_stage(cli: CommandLine, make_project: MakeProject) -> None:
    """Mappings are merged at their top, the right one winning; numbers are added, strings joined."""
    names = ("table", "text", "sum", "copy")
    arguments = ", ".join(f'merged.exported("{name}")' for name in names)
    environment = 'Merge({"A": "${lines.one}", "B": "b"}, {"B": "${lines.two}"})'
    root = make_project(
        f"{SOURCE}{EXPORTS}"
        f'ci.stage("say", run=Run({SAY}, arguments=[{arguments}], image=lines.image_id))\n'
        'ci.stage("env", run=Run(command=["sh", "-c", "echo \\"<$A $B>\\""], image=lines.image_id,'
        f" environment={environment}))"
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "say") == [
        '{"x": 1, "y": {"b": 2}, "1": "z"}',
        "1x",
        "5",
        '{"x": 1, "y": {"a": 1}}',
    ]
    assert said(told, "env") == ["1 12"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('Each(["a", "b", "c"], of=["1 2"])', "has not the 3 words for a, b, c"),
        ('Merge("${lines.words}", {"a": "b"})', "cannot be merged"),
    ],
    ids=["too few words", "a list and a mapping"],
)
def test_values_that_do_not_fit_fail_their_stage_at_its_line(
    cli: CommandLine, make_project: MakeProject, arguments: str, expected: str
) -> None:
    root = make_project(
        f'{SOURCE}ci.stage("say", run=Run({SAY}, arguments={arguments}, image=lines.image_id))'
    )
    told = cli(root, "run")
    assert told.code == 1
    assert states(told)["say"] == "failed"
    assert re.search(rf"pipeline.py:24: .*{re.escape(expected)}", told.stdout), told.stdout


def test_the_environment_of_a_run_sees_the_variables_of_the_ci_system(
    cli: CommandLine, make_project: MakeProject
) -> None:
    """Those that the operator allows; nothing is read by a shell, and values may hold what they like."""
    command = """["sh", "-c", "printf '<%s>\\\\n' \\"$A\\" \\"$B\\" \\"$C\\" \\"$D\\" \\"$E\\" \\"$F_1\\""]"""
    environment = {
        "A": "${ZUUL_CHANGE}-${ZUUL_PATCHSET}",
        "B": "$(id) `id` \" ' $HOME",
        "C": "${CI_TOKEN|hidden}",
        "D": "${lines.two}${ZUUL_CHANGE}",
        "E": "${PATH|not for pipelines}${COLOUR}",
        "F_${lines.one}": "named",
    }
    text = f'ci.stage("env", run=Run(command={command}, environment={environment}, image=lines.image_id))'
    in_ci = with_variables(cli, ZUUL_CHANGE="7", ZUUL_PATCHSET="2", CI_TOKEN="t0ken")  # noqa: S106 -- nobody's
    told = in_ci(make_project(SOURCE + text), "run", "--param", "COLOUR=blue")
    assert told.code == 0, told.stdout + told.stderr
    assert said(told, "env") == [
        "7-2",
        "$(id) `id` \" ' $HOME",
        "hidden",
        "127",
        "not for pipelinesblue",
        "named",
    ]


def test_references_are_followed_without_being_named(cli: CommandLine, make_project: MakeProject) -> None:
    """Whose value is used has passed first."""
    root = make_project(
        """
        box = Variant("box", base=BASE)
        ci = Pipeline("ci")
        ci.stage("late", build=box, run=["printf", "<%s>\\\\n", "${early.output|none}"])
        ci.stage("early", build=box, run=Run(command=["sh", "-c", "sleep 0.5; echo early"], tail=1))
        """
    )
    told = cli(root, "run")
    assert told.code == 0, told.stdout
    assert printed(told, "late")[-2:] == ["<early", ">"]
