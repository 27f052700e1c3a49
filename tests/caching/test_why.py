"""Why something is not cached: ``why`` and the run name the real cause of each change, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from tests.caching.project import FIRST, File, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.caching.runs import MakeRuns, Runs

pytestmark = pytest.mark.engine


def files(**changed: File | None) -> State:
    """Change files of ``app``; None takes one away. Two underscores are a slash."""
    given = {f"app/{name.replace('__', '/')}": file for name, file in changed.items()}
    left = {path: file for path, file in FIRST.files.items() if path not in given}
    return dataclasses.replace(FIRST, files={**left, **{path: file for path, file in given.items() if file}})


def other(**changed: object) -> State:
    """Change something else."""
    return dataclasses.replace(FIRST, **changed)  # type: ignore[arg-type] # whatever the tests give


IMAGE_AND_RUN = r"its image is another one"
MAIN = FIRST.files["app/main"]

CHANGES = {
    "content": (files(main=File("other\n")), r"app/main changed"),
    "mode": (files(main=dataclasses.replace(MAIN, mode=0o600)), r"app/main has mode 0600, was 0644"),
    "directory": (files(deep=File(kind="d", mode=0o777)), r"app/deep/ has mode 0777, was 0755"),
    "link": (files(link=File("tool", "l")), r"the link app/link leads to tool, was main"),
    "kind": (files(tool=File("main", "l")), r"app/tool is a link, was a file"),
    "renamed": (files(main=None, moved=MAIN), r"app/main was renamed to app/moved"),
    "new": (files(new=File("new\n")), r"app/new is new"),
    "gone": (files(deep__file=None), r"app/deep/file is gone"),
    "of the variant that is copied from": (
        other(files={**FIRST.files, "library/one": File("other\n")}),
        r"library/one changed",
    ),
    "two files": (files(main=File("other\n"), tool=File("other\n")), r"app/main and app/tool changed"),
    "ignore file": (other(ignored=(*FIRST.ignored, "app/tool")), r"app/tool is gone"),
    "excluded": (
        other(excluded=("deep/file",)),
        r"app/deep/file is gone, and 1 more",  # the instruction that leaves it out
    ),
    "recipe": (
        other(command=("sh", "-c", "echo fixed > level")),
        r"the recipe has another RUN instruction: .*echo fixed > level.*",
    ),
    "directory of the application": (
        other(lives="elsewhere"),
        r"the recipe has another \w+ instruction: .*/srv/elsewhere.*",
    ),
    "base": (other(content=1), r"the base image \S+:base has a new digest"),
    "argument": (other(given="7"), r"the build argument LEVEL is new: 7"),
    "default of the argument": (
        other(level="7"),
        r"the recipe has another ARG instruction: ARG LEVEL=\"7\".*",
    ),
    "environment of the image": (
        other(greeting="moin"),
        r"the recipe has another ENV instruction: ENV GREETING=\"moin\".*",
    ),
    "entrypoint": (other(name="prints"), r"the recipe has another ENTRYPOINT instruction: .*prints.*"),
}
IN_RUN = {
    "environment": (other(word="other"), r"environment: WORD is other, was word"),
    "new argument": (other(arguments=("one",)), r"the first argument is new: one"),
}


@pytest.fixture(scope="module")
def known(made_runs: MakeRuns) -> Runs:
    return made_runs()


@pytest.fixture
def project(known: Runs, settle: Callable[[Runs], Runs]) -> Runs:
    """A project that has just passed as it is first, which is then what the next run is compared with."""
    settle(known).write(FIRST)
    told = known.run(FIRST, "ci")
    assert told.outcome.code == 0, told.text
    return known


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_an_image_is_made_of(project: Runs, change: str) -> None:
    state, reason = CHANGES[change]
    project.write(state)
    foretold = project.why(state, "ci/unit")
    told = project.run(state, "ci")
    (build, run) = told.reasons["unit"]
    assert re.fullmatch(reason, build), build
    assert re.fullmatch(IMAGE_AND_RUN, run), run
    assert (foretold["build"], foretold["run"]) == (build, run)


@pytest.mark.parametrize("change", IN_RUN)
def test_a_change_of_what_a_container_is_given(project: Runs, change: str) -> None:
    state, reason = IN_RUN[change]
    project.write(state)
    foretold = project.why(state, "ci/unit")
    told = project.run(state, "ci")
    assert told.steps["unit build"] == "cached"
    (run,) = told.reasons["unit"]
    assert re.fullmatch(reason, run), run
    assert "build" not in foretold
    assert foretold["run"] == run


def test_what_is_cached_has_no_reason(project: Runs) -> None:
    assert project.why(FIRST, "ci/unit") == {}
    told = project.run(FIRST, "ci")
    assert told.is_cached
    assert told.reasons == {}


def test_the_comparison_is_with_the_last_run_and_not_with_the_last_that_did_anything(project: Runs) -> None:
    """After it was found that all is as it was before the last change, that is what counts."""
    second = files(main=File("second\n"))
    project.write(second)
    project.run(second, "ci")
    project.write(FIRST)
    assert project.run(FIRST, "ci").is_cached
    third = files(tool=File("third\n"))
    project.write(third)
    told = project.run(third, "ci")
    assert told.reasons["unit"][0] == "app/tool changed"  # and not app/main as well


def test_without_cache_nothing_has_to_be_explained(project: Runs) -> None:
    told = project.run(FIRST, "ci")
    assert told.is_cached
    told = project.run_by_command(FIRST, "ci", "--no-cache")
    assert told.done == {"unit build", "unit run", "unit copy"}
    assert told.reasons == {}


def test_where_it_is_expected_to_be_cached_the_failure_says_why(project: Runs) -> None:
    state = files(main=File("unexpected\n"))
    project.write(state)
    told = project.run_by_command(state, "ci", "--expect-cached")
    assert told.outcome.code == 1
    assert "app/main changed" in told.text
    project.write(FIRST)
    assert project.run_by_command(FIRST, "ci", "--expect-cached").is_cached
