"""Names are unique: variants and pipelines in a project, stages in a pipeline."""

from __future__ import annotations

from pipeline_dsl import Pipeline, Project, Variant
from pipeline_dsl.model.project import duplicates


def test_two_of_one_name_are_reported_with_both_places() -> None:
    first = Variant("abc")
    second = Variant("abc")
    problems = list(duplicates(Project("p", variants=[first, Variant("abd"), second])))
    what = f'{second.at}: variant "abc" is defined twice, first at {first.at}.'
    assert [str(problem) for problem in problems] == [
        f"{what} Give one of them another name. [duplicate-name]"
    ]
    assert first.at.line + 1 == second.at.line


def test_a_third_one_is_reported_too() -> None:
    project = Project("p", pipelines=[Pipeline("ci"), Pipeline("ci"), Pipeline("ci")])
    assert [problem.message.split()[0] for problem in duplicates(project)] == ["pipeline"] * 2


def test_stages_of_one_name_are_reported_with_their_pipeline() -> None:
    ci = Pipeline("ci")
    first = ci.stage("test")
    ci.stage("test")
    (problem,) = duplicates(Project("p", pipelines=[ci]))
    assert problem.message == f'stage "test" of pipeline "ci" is defined twice, first at {first.at}.'


def test_kinds_and_pipelines_do_not_share_their_names() -> None:
    pipelines = [Pipeline("test"), Pipeline("other")]
    for pipeline in pipelines:
        pipeline.stage("test")
    project = Project("test", variants=[Variant("test")], pipelines=pipelines)
    assert list(duplicates(project)) == []


def test_one_object_listed_twice_is_no_duplicate() -> None:
    variant = Variant("abc")
    assert list(duplicates(Project("p", variants=[variant, variant]))) == []
