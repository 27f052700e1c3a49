"""The graph of a pipeline is that of its `execution`, and every mistake in it is found: §2 of the spec."""

from __future__ import annotations

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.resolve import resolve
from pipeline_dsl.resolve.order import foundations_first
from tests.formats.configs import read, read_pipeline, refused, warnings, whole


def ancestors(text: str) -> dict[str, set[str]]:
    """For each stage all that come before it."""
    stages = {one.name: one.needs for one in resolve(read(whole(text)).project).pipelines[0].stages}
    return {name: {*foundations_first([name], stages.__getitem__)} - {name} for name in stages}


def after(text: str) -> dict[str, list[str]]:
    """For each stage those that it says it comes after."""
    return {stage.name: [one.name for one in stage.after] for stage in read_pipeline(text).stages}


def stages(names: str) -> str:
    return f"stages: [{', '.join(f'{{name: {name}, build: test}}' for name in names)}]\n"


@pytest.mark.parametrize("execution", ["", "execution: []\n", "execution: ~\n"])
def test_stages_run_one_by_one_unless_the_order_is_said(execution: str) -> None:
    assert after(stages("abc") + execution) == {"a": [], "b": ["a"], "c": ["b"]}


@pytest.mark.parametrize(
    ("names", "execution", "before"),
    [
        ("abcd", "[[a, d], [b, c, d]]", {"a": "", "b": "", "c": "b", "d": "abc"}),
        ("abc", "[[a, c], [b, c]]", {"a": "", "b": "", "c": "ab"}),
        ("ab", "[[a], [b]]", {"a": "", "b": ""}),
        ("ab", "[[b, a], []]", {"b": "", "a": "b"}),
        (
            "abcdefxy",
            "[[a, b, c, d, e, f], [x, d, y, f]]",
            {"a": "", "b": "a", "c": "ab", "d": "abcx", "e": "abcdx", "f": "abcdexy", "x": "", "y": "abcdx"},
        ),
    ],
)
def test_arcs_are_the_graph(names: str, execution: str, before: dict[str, str]) -> None:
    """The examples of §2.3."""
    found = ancestors(stages(names) + f"execution: {execution}")
    assert found == {name: set(text) for name, text in before.items()}


def test_what_follows_from_something_else_is_not_said() -> None:
    """From a reference, or from another stage that is waited for."""
    text = """
        stages:
          - {name: a, build: test}
          - {name: b, run: {image: "${a.imageID}"}}
          - {name: c, run: {image: "${a.imageID}"}}
          - {name: d, build: test}
        execution: [[a, b, c, d], [a, c], [b, d]]
    """
    assert after(text) == {"a": [], "b": [], "c": ["b"], "d": ["c"]}
    assert ancestors(text) == {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"a", "b", "c"}}


def test_a_stage_that_does_nothing_is_left_out_and_the_others_keep_their_order() -> None:
    text = "stages: [{name: a, build: test}, {name: idle, run: false}, {name: b, build: test}]"
    assert after(text) == {"a": [], "b": ["a"]}
    assert [problem.code for problem in warnings(text)] == ["idle-stage"]


def test_a_stage_that_is_not_named_never_ran_and_is_left_out() -> None:
    text = stages("abc") + "execution: [[a, b]]"
    assert after(text) == {"a": [], "b": ["a"]}
    (warning,) = warnings(text)
    assert str(warning) == (
        'config.yaml:4:62: stage "c" never runs: "execution" does not name it. '
        "So it is left out. [unreferenced-stage]"
    )


def test_of_two_stages_of_a_name_the_last_counts_where_the_order_is_said() -> None:
    text = "stages: [{name: a, build: test}, {name: a, build: production}]\nexecution: [[a]]"
    (stage,) = read_pipeline(text).stages
    assert stage.build is not None
    assert [problem.code for problem in warnings(text)] == ["replaced-stage"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            stages("ab") + "execution: [[a, b, a]]",
            "config.yaml:4:14: stages wait for one another in a circle",
        ),
        (stages("ab") + "execution: [[a, a]]", "config.yaml:4:14: stages wait for one another in a circle"),
        (stages("aa"), 'config.yaml:4:38: stage "a" is defined twice, first at config.yaml:4:14.'),
        (
            stages("ab") + "execution: [[a, bb]]",
            'config.yaml:5:21: "execution" names "bb", which is no stage of this pipeline. Did you mean "b"?',
        ),
        (
            stages("ab") + "execution: [[a, setup]]",
            'config.yaml:5:21: "execution" names "setup", which is no stage of this pipeline.',
        ),
        (
            stages("ab") + "execution: [a, b]",
            'config.yaml:5:17: "execution" is a list of lists of names of stages, not "a".',
        ),
        ("stages: []", 'config.yaml:2:3: pipeline "p" has no stages that run.'),
        (stages("ab") + "execution: [[]]", 'config.yaml:2:3: pipeline "p" has no stages that run.'),
        (
            "stages: [{name: teardown}]",
            'config.yaml:4:21: name: "teardown" is taken by the pipeline itself.',
        ),
        (
            "stages: [{build: test}, {build: test}]",
            "config.yaml:4:29: name: is required; there is a stage without one at config.yaml:4:14 already.",
        ),
    ],
)
def test_a_mistake_in_the_graph_is_an_error(text: str, message: str) -> None:
    """§2.5; found in all pipelines before anything runs."""
    found = [str(problem) for problem in refused(text)]
    assert any(one.startswith(message) for one in found), found


def test_a_mistake_in_one_pipeline_is_found_beside_those_in_others() -> None:
    with pytest.raises(DefinitionError) as found:
        read("""
            pipelines:
              one: {stages: [{name: a, exports: {x: 1}}], execution: [[a, a]]}
              two: {stages: [{name: a, exports: {x: 1}}], execution: [[b]]}
        """)
    assert [problem.code for problem in found.value.problems] == ["stage-cycle", "unknown-stage"]
