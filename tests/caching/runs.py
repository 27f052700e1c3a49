"""A project that is run again and again, with what earlier runs have left and without."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.cache.store import Store
from pipeline_dsl.cli.main import main
from pipeline_dsl.context import division
from pipeline_dsl.engine.events import Status, StepEnded
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.work import Options
from pipeline_dsl.fastpath.attempt import attempt
from pipeline_dsl.load import load, locate
from pipeline_dsl.plan import BuildParameters, plan
from pipeline_dsl.plan.choice import Choice
from pipeline_dsl.resolve import resolve
from tests.caching import project
from tests.caching.images import content_of
from tests.caching.machine import Told
from tests.conftest import CommandLine, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_dsl.engine.events import Event
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from pipeline_dsl.plan import Plan
    from tests.caching.images import Content
    from tests.caching.project import File, State

VARIANTS = ("box", "late")


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a run.

    Arguments:
        images: what is in the images, by variant.
        files: what was copied out of the container, and kept; what it printed is among that.
    """

    images: Mapping[str, Content]
    files: Mapping[str, File]

    def difference(self, other: Result) -> dict[str, object]:
        """Say what is not the same in another one."""
        found: dict[str, object] = {}
        for name, image in self.images.items():
            if told := image.difference(other.images[name]):
                found[name] = told
        if self.files != other.files:
            found["files"] = (self.files, other.files)
        return found


@dataclasses.dataclass
class Runs:
    """Runs of one project on one engine.

    Arguments:
        docker: the engine.
        folder: where the project and the stores are.
        name: the project's name; that of its double, which is run without a cache, is another one.
        base: name of its base image.
        contents: the images that this name may stand for.
    """

    docker: SdkDocker
    folder: Path
    name: str
    base: str
    contents: tuple[str, str]
    _seen: dict[str, Content] = dataclasses.field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The project."""
        return self.folder / self.name

    @property
    def store(self) -> Store:
        """What the runs with a cache leave."""
        return Store(self.folder / "store")

    @property
    def double(self) -> str:
        """Name of the project that is run without a cache."""
        return f"{self.name}-double"

    def write(self, state: State) -> None:
        """Make the project what a state says."""
        repository, _, tag = self.base.partition(":")
        self.docker.api.tag(self.contents[state.content], repository, tag, force=True)
        project.write(state, self.root, self.name, self.base)

    def run(self, state: State, pipeline: str) -> Told:
        """Run a pipeline with what earlier runs have left, as the command line does it on the usual path.

        Here small directories are copied in pieces as large ones are; what is compared with this is not.
        """
        printed, complaints = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(complaints),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr(division, "_LEAST", 1)
            code = main(self.words(state, pipeline))
        return Told(Outcome(code, printed.getvalue(), complaints.getvalue()))

    def why(self, state: State, stage: str) -> dict[str, str]:
        """Ask why the steps of a stage are not cached, by their kinds; nothing is said of those that are."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert main(["why", stage, "--json", *state.words]) == 0
        (told,) = json.loads(printed.getvalue())["stages"]
        return {step["kind"]: step["reason"] for step in told["steps"] if step["reasons"]}

    def is_answered_fast(self, state: State, pipeline: str) -> bool:
        """Say whether the fast path finds that there is nothing to do."""
        with contextlib.redirect_stdout(io.StringIO()):
            return attempt(self.words(state, pipeline), os.environ).is_done

    def run_by_command(self, state: State, pipeline: str, *more: str) -> Told:
        """Run a pipeline with what earlier runs have left, in a process of its own, by whichever path."""
        ended = CommandLine()(self.root, *self.words(state, pipeline), *more)
        return Told(ended)

    def from_scratch(self, state: State) -> Result:
        """Run a copy of the project without anything that was there before."""
        root, store = self.folder / self.double, Store(self.folder / "store-of-double")
        for directory in (root, store.root, self._kept(self.double)):
            shutil.rmtree(directory, ignore_errors=True)
        root.mkdir()
        project.write(state, root, self.double, self.base)
        parameters = BuildParameters({"LEVEL": state.given} if state.given else {})
        resolved = resolve(load(locate(root / ".pipeline" / "pipeline.py")))
        made = plan(resolved, root, Choice(("after",)), parameters)  # which does all that "ci" does
        options = Options(2, no_cache=True, artifacts=self._kept(self.double))
        self._run(made, Memory(store, is_asked=False), options)
        return self._result(self.double)

    def result(self) -> Result:
        """Say what came of the last run with a cache."""
        return self._result(self.name)

    def _run(self, made: Plan, memory: Memory, options: Options) -> None:
        told: list[Event] = []
        with claimed(self.folder / "runs") as directory:
            status = run(made, self.docker, options, told.append, directory, memory=memory)
        problems = [event.problem for event in told if isinstance(event, StepEnded) and event.problem]
        assert status is Status.PASSED, problems
        assert not [event for event in told if isinstance(event, StepEnded) and event.status is Status.CACHED]

    def words(self, state: State, pipeline: str) -> list[str]:
        """Give the command line of a pipeline. What comes of ``after`` is kept: not for the fast path."""
        if pipeline == "ci":
            return ["run", "--plain", pipeline, *state.words]
        shutil.rmtree(self._kept(self.name), ignore_errors=True)
        return ["run", "--plain", pipeline, "--artifacts", str(self._kept(self.name)), *state.words]

    def _kept(self, name: str) -> Path:
        return self.folder / "kept" / name

    def _result(self, name: str) -> Result:
        kept = self._kept(name)
        paths = [str(path.relative_to(kept)) for path in kept.rglob("*")]
        files = {path: project.read(kept, path) for path in paths}
        images = {variant: self._content(f"pipeline-dsl/{name}:{variant}") for variant in VARIANTS}
        return Result(images, files)

    def _content(self, reference: str) -> Content:
        image = self.docker.image(reference)
        assert image is not None, reference
        if image.id not in self._seen:
            self._seen[image.id] = content_of(self.docker, image.id)
        return self._seen[image.id]


class MakeRuns(Protocol):
    """Makes a project that can be run again and again."""

    def __call__(self) -> Runs: ...
