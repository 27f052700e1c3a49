"""Names and tags of published images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.engine.steps.names import name_problem, sanitised, tag_problem, tags

PROJECTS = ("mediawiki/services/Math", "Math")


@pytest.mark.parametrize(
    "name", ["mediawiki-services-math", "math", "math-tests", "mediawiki-services-math-api"]
)
def test_an_image_is_called_after_its_project(name: str) -> None:
    assert name_problem(name, PROJECTS) is None


@pytest.mark.parametrize("name", ["mathematics", "mediawiki", "services-math", "other"])
def test_an_image_that_is_called_otherwise_is_told_how_it_may_be(name: str) -> None:
    problem = name_problem(name, PROJECTS)
    assert problem
    assert problem.code == "image-name-not-allowed"
    assert name in problem.message
    assert problem.hint == (
        'Call it "mediawiki-services-math" or "mediawiki-services-math-…" or "math" or "math-…".'
    )


def test_any_name_is_allowed_if_the_operator_wants_it() -> None:
    assert name_problem("other", PROJECTS, any_name=True) is None


@pytest.mark.parametrize("name", ["", "-math", "math-", "a..b", "a b", "Math", "a/b", "ä", "m" * 129])
def test_a_name_that_no_registry_takes_is_refused(name: str) -> None:
    problem = name_problem(name, ["math"], any_name=True)
    assert problem
    assert problem.code == "invalid-image-name"


def test_an_empty_name_of_a_project_allows_nothing() -> None:
    assert name_problem("other", ["", "math"]) is not None


def test_tags_are_sanitised_and_each_is_there_once() -> None:
    assert tags("v1.0-A/B", ["latest", "", "V1.0-a-b", "LATEST"]) == ("v1.0-a-b", "latest")


@pytest.mark.parametrize("tag", ["1", "_", "v1.0-a_b", "x" * 128])
def test_a_tag_that_docker_takes_is_taken(tag: str) -> None:
    assert tag_problem(tag) is None


@pytest.mark.parametrize("tag", ["", ".1", "-1", "a b", "a:b", "${zuul_branch}", "x" * 129, "a\n"])
def test_a_tag_that_docker_does_not_take_is_refused(tag: str) -> None:
    problem = tag_problem(tag)
    assert problem
    assert problem.code == "invalid-tag"
    assert f'"{tag}"' in problem.message


@given(st.text(alphabet="aZ/-._9", max_size=20), st.lists(st.text(alphabet="aZ/", max_size=3)))
def test_the_first_tag_is_the_first_of_the_result(first: str, further: list[str]) -> None:
    result = tags(first, further)
    assert result[0] == sanitised(first)
    assert len(set(result)) == len(result)
    assert set(result[1:]) <= {sanitised(tag) for tag in further} - {"", result[0]}
