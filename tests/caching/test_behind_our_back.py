"""What others do to the engine, to the store and to files, between runs and while one is under way."""

from __future__ import annotations

import dataclasses
import os
import random
import resource
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.events import Status, StepEnded
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.sdk.client import SdkDocker
from pipeline_dsl.engine.work import Options
from pipeline_dsl.load import load, locate
from pipeline_dsl.plan import plan
from pipeline_dsl.plan.choice import Choice
from pipeline_dsl.resolve import resolve
from tests.caching.project import FIRST, File, put
from tests.conftest import CommandLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_dsl.engine.docker import BuildRequest, BuildResult, Output
    from pipeline_dsl.engine.events import Event
    from tests.caching.project import State
    from tests.caching.runs import MakeRuns, Result, Runs
    from tests.conftest import MakeProject

pytestmark = pytest.mark.engine

SECOND = dataclasses.replace(FIRST, files={**FIRST.files, "app/main": File("Main\n")}, word="other")


def with_main(content: str) -> State:
    """Give what is first, with another content of one file."""
    return dataclasses.replace(FIRST, files={**FIRST.files, "app/main": File(content)})


@dataclasses.dataclass
class Project:
    """A project whose results are known.

    Arguments:
        runs: runs it.
        expected: what comes of each state without a cache, as far as that was asked.
    """

    runs: Runs
    expected: dict[str, Result] = dataclasses.field(default_factory=dict)

    def run(self, state: State = FIRST) -> set[str]:
        """Run all of it, make sure that the results are right, and give the steps that were done."""
        self.runs.write(state)
        done: set[str] = set()
        for pipeline in ("ci", "after"):
            told = self.runs.run(state, pipeline)
            assert told.outcome.code == 0, told.text
            done |= told.done
        self.compare(state)
        return done

    def compare(self, state: State = FIRST) -> None:
        """Make sure that the results of the last run are right."""
        name = repr(state)
        if name not in self.expected:
            self.expected[name] = self.runs.from_scratch(state)
        assert self.runs.result().difference(self.expected[name]) == {}


ALL = {"unit build", "unit run", "unit copy"}


@pytest.fixture(scope="module")
def known(made_runs: MakeRuns) -> Project:
    return Project(made_runs())


@pytest.fixture
def project(known: Project, settle: Callable[[Runs], Runs]) -> Project:
    """A project that has passed; tests share it, as whatever they do, what comes of it has to be right."""
    settle(known.runs)
    known.run()
    assert known.run() == set()
    return known


def names(runs: Runs) -> list[str]:
    """Name the images of a project, by all names that they have."""
    found = runs.docker.api.images(filters={"label": f"pipeline-dsl.project={runs.name}"})
    return [str(name) for image in found for name in image["RepoTags"] or ()]


def test_an_image_that_was_removed_is_built_again(project: Project) -> None:
    for name in names(project.runs):
        project.runs.docker.api.remove_image(name, force=True)
    assert project.runs.why(FIRST, "ci/unit") == {"build": "its image is gone from the engine"}
    told = project.runs.run(FIRST, "ci")
    assert told.outcome.code == 0, told.text
    assert told.done == {"unit build"}  # what the container did still holds
    assert told.reasons == {"unit": ["its image is gone from the engine"]}
    assert project.run() == {"late build"}


@pytest.mark.parametrize("what", ["removed", "moved"])
def test_the_usual_name_is_given_back(
    project: Project, docker: SdkDocker, two_bases: tuple[str, str], what: str
) -> None:
    name = f"pipeline-dsl/{project.runs.name}:box"
    before = docker.image(name)
    assert before is not None
    docker.untag(name)
    if what == "moved":
        docker.tag(two_bases[0], name)
    assert project.run() == set()
    now = docker.image(name)
    assert now is not None
    assert now.id == before.id


def test_without_the_store_images_are_found_and_containers_run(project: Project) -> None:
    shutil.rmtree(project.runs.store.root)
    assert project.run() == {"unit run", "unit copy"}
    assert project.run() == set()


@pytest.mark.parametrize("seed", range(8))
def test_a_store_that_is_damaged_anywhere_is_not_believed(project: Project, seed: int) -> None:
    project.run(SECOND)
    damage(Path(project.runs.store.root), random.Random(seed))  # noqa: S311 -- the same damage each time
    reasons = project.runs.why(SECOND, "ci/unit")
    assert reasons.items() <= {("run", "never passed here")}  # as far as anybody knows
    states = (SECOND, FIRST) if seed % 2 else (FIRST, SECOND)
    for state in states:
        project.run(state)
    assert project.run(states[-1]) == set()


def damage(root: Path, chance: random.Random) -> None:
    """Damage files of a store, each in its own way: all of them or some."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    contents = [path.read_bytes() for path in files]
    share = chance.choice((0.2, 0.5, 1))
    for path in files:
        if chance.random() >= share:
            continue
        content = bytearray(path.read_bytes())
        match chance.randrange(5):
            case 0:
                del content[chance.randrange(len(content) + 1) :]
            case 1 if content:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            case 2:
                content += b"more"
            case 3:
                content = bytearray(chance.choice(contents))  # of another file
            case _:
                path.unlink()
                continue
        path.write_bytes(content)


@pytest.mark.parametrize("shift", [-400 * 24 * 3600, 400 * 24 * 3600], ids=["past", "future"])
def test_the_times_in_the_store_do_not_matter(project: Project, shift: int) -> None:
    for path in Path(project.runs.store.root).rglob("*"):
        then = path.stat().st_mtime + shift
        os.utime(path, (then, then))
    assert project.run() == set()
    project.run(SECOND)


@pytest.mark.parametrize("shift", [-3600, 3600], ids=["past", "future"])
def test_the_times_of_files_do_not_matter(project: Project, shift: int) -> None:
    project.run(with_main(f"before {shift}\n"))  # has never been built: what it was made of is known
    place = project.runs.root / "app" / "main"
    then = place.stat().st_mtime + shift
    place.write_text(f"after {shift}\n")
    os.utime(place, (then, then))
    state = with_main(place.read_text())
    assert project.runs.why(state, "ci/unit")["build"] == "app/main changed"
    project.run(state)
    os.utime(place, (then + 1, then + 1))
    assert project.run(state) == set()


def test_a_store_that_cannot_be_written_keeps_no_run_from_passing(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PIPELINE_DSL_CACHE_DIRECTORY", str(tmp_path / "file" / "store"))
    told = project.runs.run(SECOND, "ci")
    assert told.outcome.code == 0, told.text
    assert "Later runs will not know all of this one" in told.text
    told = project.runs.run(SECOND, "ci")
    assert told.outcome.code == 0, told.text
    assert "unit run" in told.done


def test_a_disk_that_is_full_keeps_no_run_from_passing(
    make_project: MakeProject, base: str, tmp_path: Path
) -> None:
    """No file can get longer than some bytes: that is how far a full disk lets one write."""
    del base
    root = make_project(
        """Pipeline("ci").stage("unit", build=Variant("box", base=BASE), run=["echo", "said"])"""
    )
    command = [*CommandLine.argv("run", "--plain")]
    for store in range(3):
        own = {"PIPELINE_DSL_CACHE_DIRECTORY": str(tmp_path / "store"), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(
            command,
            cwd=root,
            env={**CommandLine(own).env},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (150, 150)),
        )
        assert ended.returncode == 0, (store, ended.stdout, ended.stderr)
        assert "said" in ended.stdout
        assert "Later runs will not know all of this one" in ended.stdout + ended.stderr


@pytest.mark.parametrize("is_same", [True, False], ids=["same project", "different projects"])
def test_two_runs_at_the_same_time(
    runs: Runs,
    make_project: MakeProject,
    is_same: bool,  # noqa: FBT001 -- a parameter of the test
) -> None:
    runs.write(FIRST)
    other = (
        runs.root
        if is_same
        else make_project("""
        box = Variant("box", base=BASE, entrypoint=["echo", "done"])
        Pipeline("ci").stage("unit", build=box, run=True)
    """)
    )
    started = [
        subprocess.Popen(
            CommandLine.argv("run", "--plain", "ci"),
            cwd=root,
            env=CommandLine().env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for root in (runs.root, other, runs.root)
    ]
    ended = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], ended
    project = Project(runs)
    assert "unit run" not in project.run()


@pytest.mark.parametrize("round_", range(6))
def test_a_run_that_was_killed_leaves_nothing_that_is_wrong(project: Project, round_: int) -> None:
    """However long it was at work before."""
    runs, chance = project.runs, random.Random(round_)  # noqa: S311 -- the moment is what is random
    state = dataclasses.replace(SECOND, files={**SECOND.files, "app/main": File(f"{round_}\n")})
    runs.write(state)
    command = CommandLine.argv(*runs.words(state, "ci"))
    with subprocess.Popen(
        command, cwd=runs.root, env=CommandLine().env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = chance.randrange(25)  # rather than some time: on a busy machine, nothing has happened by then
        for _ in range(lines):
            if not process.stdout.readline():
                break
        process.kill()
    project.run(state)
    assert project.run(state) == set()


@dataclasses.dataclass(frozen=True)
class Meddled(SdkDocker):
    """An engine before whose builds somebody does something.

    Arguments:
        meddle: what that is.
    """

    meddle: Callable[[], None] = lambda: None

    def build(self, request: BuildRequest, output: Output, cancel: object) -> BuildResult:
        """Build after that."""
        self.meddle()
        return super().build(request, output, cancel)  # type: ignore[arg-type] # as it is given


def play(runs: Runs, meddle: Callable[[], None] = lambda: None) -> tuple[Status, Sequence[Event]]:
    """Run a pipeline, with somebody who meddles."""
    root, told = runs.root, list["Event"]()
    planned = plan(resolve(load(locate(root / ".pipeline" / "pipeline.py"))), root, Choice(("ci",)))
    docker = Meddled(runs.docker.api, runs.docker.buildkit, meddle)
    with claimed(runs.folder / "runs") as directory:
        status = run(planned, docker, Options(2), told.append, directory, memory=Memory(runs.store))
    return status, told


def test_a_file_that_changes_while_it_is_sent_fails_the_build(runs: Runs) -> None:
    runs.write(FIRST)
    status, told = play(runs, lambda: put(runs.root / "app" / "main", File("Main\n")))
    assert status is Status.FAILED
    problems = [event.problem for event in told if isinstance(event, StepEnded) and event.problem]
    assert ["context-changed" in problem for problem in problems] == [True], problems
    assert runs.store.latest("image", f"{runs.name}/box") is None
    assert runs.store.latest("run", f"{runs.name}/ci/unit") is None
    state = dataclasses.replace(FIRST, files={**FIRST.files, "app/main": File("Main\n")})
    assert Project(runs).run(state) >= ALL


def test_what_was_built_on_a_base_that_has_moved_meanwhile_is_not_remembered(runs: Runs) -> None:
    """What the container did neither: it was in an image of which nobody knows what it was built on."""
    runs.write(FIRST)
    other = dataclasses.replace(FIRST, content=1)
    status, _ = play(runs, lambda: runs.write(other))
    assert status is Status.PASSED
    assert runs.store.latest("image", f"{runs.name}/box") is None
    assert runs.store.latest("run", f"{runs.name}/ci/unit") is None
    project = Project(runs)
    assert project.run(FIRST) >= ALL
    assert project.run(other) >= ALL
