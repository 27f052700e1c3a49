"""Never wrong: after any change, what a run with a cache gives is what one without any gives."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

import pytest

from tests.caching.changes import IRRELEVANT, RELEVANT
from tests.caching.project import FIRST

if TYPE_CHECKING:
    from tests.caching.changes import Change
    from tests.caching.project import State
    from tests.caching.runs import Result, Runs
    from tests.conftest import CommandLine, MakeProject

pytestmark = pytest.mark.engine

ONE_IN_EIGHT = 1 / 8
"""So many runs are made by a process of their own."""

PARTS = 3
"""So many projects share the changes of a round, each of which comes once."""

REVERTS = 5


class History:
    """A project that changes, and is compared after each change.

    Arguments:
        runs: the project.
        seed: of what is random.
    """

    def __init__(self, runs: Runs, seed: int) -> None:
        self._runs = runs
        self._chance = random.Random(seed)  # noqa: S311 -- the same changes each time
        self._story = [f"seed {seed}"]
        self._states = [FIRST]
        self._expected: dict[str, Result] = {}

    def begin(self) -> None:
        """Run the project as it is first."""
        self._runs.write(FIRST)
        assert self._run(FIRST) == {"ci": False, "after": False}
        self._compare(FIRST)

    def round(self) -> list[Change]:
        """Give all kinds of changes in some order."""
        changes = [*RELEVANT, *IRRELEVANT, *[self._reverted] * REVERTS]
        self._chance.shuffle(changes)
        return changes

    def go_on(self, change: Change) -> None:
        """Change something, run, and compare."""
        state = change(self._states[-1], self._chance)
        self._runs.write(state)
        self._story.append(f"{change.__name__}: {changed(self._states[-1], state)}")
        self._states.append(state)
        is_fast = self._runs.is_answered_fast(state, "ci")
        is_cached = self._run(state)
        assert is_cached["ci"] or not is_fast, self._told("the fast path took this for cached")
        if change in IRRELEVANT:
            assert is_fast, self._told("the fast path did not take this for cached")
            assert all(is_cached.values()), self._told(f"this is no reason to do anything: {is_cached}")
        self._compare(state)

    def _run(self, state: State) -> dict[str, bool]:
        """Run both pipelines, and say of each whether all was cached."""
        found: dict[str, bool] = {}
        run = self._runs.run_by_command if self._chance.random() < ONE_IN_EIGHT else self._runs.run
        for pipeline in ("ci", "after"):
            told = run(state, pipeline)
            assert told.outcome.code == 0, self._told(told.text)
            found[pipeline] = told.is_cached
        return found

    def _compare(self, state: State) -> None:
        name = repr(state)
        if name not in self._expected:
            self._expected[name] = self._runs.from_scratch(state)
        difference = self._runs.result().difference(self._expected[name])
        assert not difference, self._told(f"with a cache, and without: {difference}")

    def _reverted(self, _state: State, chance: random.Random) -> State:
        return chance.choice(self._states)

    def _told(self, what: str) -> str:
        return "\n".join([*self._story, what])


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_cached_is_what_would_come_of_doing_it(runs: Runs, part: int) -> None:
    history = History(runs, 0)
    history.begin()
    for change in history.round()[part::PARTS]:
        history.go_on(change)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(1, 11))
def test_what_is_cached_is_what_would_come_of_doing_it_over_and_over(runs: Runs, seed: int) -> None:
    history = History(runs, seed)
    history.begin()
    for change in history.round():
        history.go_on(change)


def test_there_are_enough_cases(runs: Runs) -> None:
    assert len(History(runs, 0).round()) >= 30


def changed(before: State, after: State) -> str:
    """Say what was changed."""
    found: list[str] = []
    for field in dataclasses.fields(before):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if field.name == "files":
            paths = sorted({*one, *other})
            found += [
                f"{path}: {one.get(path)} -> {other.get(path)}"
                for path in paths
                if one.get(path) != other.get(path)
            ]
        elif one != other:
            found.append(f"{field.name}: {one!r} -> {other!r}")
    return "; ".join(found) or "nothing"


ALIKE = """
box = Variant("box", base=BASE, copies=["local"], entrypoint=["sh", "-c", "cat main > /tmp/report"])
late = Variant("late", base="scratch", copies=[Copy("local", source="report")])
for name in ("one", "two"):
    pipeline = Pipeline(name, directory=name)
    unit = pipeline.stage("unit", build=box, run=True, copy=[Artifact("/tmp/report", destination="report")])
    pipeline.stage("late", build=late, after=[unit])
"""


@pytest.mark.usefixtures("base")
def test_files_that_two_directories_share_come_back_to_where_they_belong(
    cli: CommandLine, make_project: MakeProject
) -> None:
    root = make_project(ALIKE, {"one/main": "main\n", "two/main": "main\n"})
    for words in (["one"], ["two"], [], ["--expect-cached"]):
        told = cli(root, "run", "--plain", *words)
        assert told.code == 0, told.stdout
