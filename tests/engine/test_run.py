"""Runs of whole plans on a real engine."""

from __future__ import annotations

import dataclasses
import io
import re
import tarfile
import threading
import time
from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.engine import events
from pipeline_dsl.engine.events import Status, StepEnded
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.sdk.client import SdkDocker
from pipeline_dsl.engine.work import Options
from pipeline_dsl.errors import EngineError, Problem
from pipeline_dsl.load import load, locate
from pipeline_dsl.plan import plan
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from pathlib import Path

    from pipeline_dsl.engine.docker import (
        BuildRequest,
        BuildResult,
        Docker,
        EngineImage,
        Login,
        Output,
        RunRequest,
    )
    from tests.conftest import MakeProject

pytestmark = pytest.mark.engine

BOX = 'box = Variant("box", base=BASE)\nci = Pipeline("ci")\n'
"""A variant and a pipeline to begin with."""


@dataclasses.dataclass(frozen=True)
class Played:
    """A run that is over.

    Arguments:
        status: how it ended.
        events: all that it told.
    """

    status: Status
    events: Sequence[events.Event]

    def stages(self) -> dict[str, Status]:
        """How each stage ended."""
        return {
            event.stage.stage: event.status for event in self.events if isinstance(event, events.StageEnded)
        }

    def reasons(self) -> dict[str, str]:
        """Why stages were not run."""
        return {
            event.stage.stage: event.reason
            for event in self.events
            if isinstance(event, events.StageEnded) and event.status is Status.NOT_RUN
        }

    def output(self, stage: str) -> list[str]:
        """What the container of a stage printed."""
        return [
            event.line
            for event in self.events
            if isinstance(event, events.StepOutput)
            and event.stage.stage == stage
            and event.step.kind == "run"
        ]

    def steps(self, kind: str) -> dict[str, StepEnded]:
        """How the steps of a kind ended, by stage."""
        return {
            event.stage.stage: event
            for event in self.events
            if isinstance(event, StepEnded) and event.step.kind == kind
        }

    @property
    def seconds(self) -> float:
        """How long it took."""
        assert isinstance(self.events[-1], events.RunEnded)
        return self.events[-1].seconds


class Play(Protocol):
    """Runs the pipelines of a project, from the text of its pipeline file or from its directory."""

    def __call__(
        self, project: str | Path, *, jobs: int = 4, keep_going: bool = False, docker: Docker | None = None
    ) -> Played: ...


@pytest.fixture
def play(docker: SdkDocker, base: str, make_project: MakeProject, tmp_path: Path) -> Play:
    del base  # is there
    default = docker

    def play_(
        project: str | Path, *, jobs: int = 4, keep_going: bool = False, docker: Docker | None = None
    ) -> Played:
        root = make_project(project) if isinstance(project, str) else project
        planned = plan(resolve(load(locate(root / ".pipeline" / "pipeline.py"))), root)
        told: list[events.Event] = []
        options = Options(jobs, keep_going=keep_going)
        with claimed(tmp_path / "runs") as directory:
            status = run(planned, docker or default, options, told.append, directory)
        return Played(status, told)

    return play_


def script(*lines: str) -> str:
    """Write a step that runs lines of shell script."""
    return f"run=['sh', '-c', {'; '.join(lines)!r}]"


@dataclasses.dataclass(frozen=True)
class Recorder(SdkDocker):
    """The engine, and a note of what it was asked for."""

    builds: list[BuildRequest] = dataclasses.field(default_factory=list)
    runs: list[RunRequest] = dataclasses.field(default_factory=list)
    pulls: list[str] = dataclasses.field(default_factory=list)
    sent: list[bytes] = dataclasses.field(default_factory=list)
    """The context of each build."""

    def pull(
        self,
        reference: str,
        output: Output,
        cancel: threading.Event,
        *,
        platform: str = "",
        login: Login | None = None,
    ) -> EngineImage:
        """Note it: no registry is as near as the engine's own images."""
        del output, cancel, platform, login
        self.pulls.append(reference)
        image = self.image(reference)
        assert image is not None
        return image

    def build(self, request: BuildRequest, output: Output, cancel: threading.Event) -> BuildResult:
        self.builds.append(request)

        def context(extra: Mapping[str, bytes]) -> Iterable[bytes]:
            self.sent.append(b"".join(request.context(extra)))
            return [self.sent[-1]]

        return super().build(dataclasses.replace(request, context=context, files=None), output, cancel)

    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        self.runs.append(request)
        return super().run(request, output, cancel)


def test_independent_stages_run_side_by_side(play: Play) -> None:
    play(f"{BOX}ci.stage('warm-up', build=box)")
    played = play(BOX + "".join(f"ci.stage('{name}', build=box, {script('sleep 3')})\n" for name in "ab"))
    assert played.status is Status.PASSED
    assert 3 < played.seconds < 5


def test_with_one_job_stages_run_one_by_one(play: Play) -> None:
    played = play(BOX + "".join(f"ci.stage('{name}', build=box, run=['true'])\n" for name in "abc"), jobs=1)
    turns = [
        (type(event), event.stage.stage)
        for event in played.events
        if isinstance(event, events.StageStarted | events.StageEnded)
    ]
    assert turns == [(kind, name) for name in "abc" for kind in (events.StageStarted, events.StageEnded)]


def test_a_stage_waits_for_what_it_needs_only(play: Play) -> None:
    played = play(
        f"""{BOX}
slow = ci.stage("slow", build=box, {script("sleep 3")})
first = ci.stage("first", build=box, run=["true"])
ci.stage("second", build=box, run=["true"], after=[first])
"""
    )
    assert list(played.stages()) == ["first", "second", "slow"]


def test_a_run_begins_and_ends_with_an_event_and_tells_each_stage_once(play: Play) -> None:
    played = play(
        f"""{BOX}
first = ci.stage("first", build=box, run=["false"])
ci.stage("second", build=box, run=["true"], after=[first])
"""
    )
    first, *_, last = played.events
    assert isinstance(first, events.RunStarted)
    assert [str(stage.id.stage) for stage in first.stages] == ["first", "second"]
    assert last == events.RunEnded(Status.FAILED, played.seconds)
    ended = [event.stage.stage for event in played.events if isinstance(event, events.StageEnded)]
    assert sorted(ended) == ["first", "second"]


def test_a_failure_ends_what_is_running_and_later_stages_are_not_run(play: Play) -> None:
    played = play(
        f"""{BOX}
bad = ci.stage("bad", build=box, {script("sleep 1", "echo oops >&2", "exit 7")})
long = ci.stage("long", build=box, {script("sleep 60")})
ci.stage("later", build=box, run=["true"], after=[bad])
ci.stage("latest", build=box, run=["true"], after=[long])
night = Pipeline("night")
night.stage("other", build=box, run=["true"])
"""
    )
    assert played.status is Status.FAILED
    assert played.stages() == {
        "bad": Status.FAILED,
        "long": Status.CANCELLED,
        "later": Status.NOT_RUN,
        "latest": Status.NOT_RUN,
        "other": Status.NOT_RUN,
    }
    assert played.reasons() == {
        "later": "bad failed",
        "latest": "long was cancelled",
        "other": "the run had ended",
    }
    assert played.seconds < 20
    bad = played.steps("run")["bad"]
    assert bad.detail == "exit code 7"
    assert bad.problem.startswith(".pipeline/pipeline.py:5: sh -c ")
    assert bad.problem.endswith("ended with exit code 7. [non-zero-exit]")


def test_when_going_on_only_those_that_need_a_failure_are_not_run(play: Play) -> None:
    played = play(
        f"""{BOX}
bad = ci.stage("bad", build=box, run=["false"])
good = ci.stage("good", build=box, run=["true"])
later = ci.stage("later", build=box, run=["true"], after=[good, bad])
ci.stage("latest", build=box, run=["true"], after=[later])
night = Pipeline("night")
night.stage("other", build=box, run=["true"])
""",
        keep_going=True,
        jobs=1,
    )
    assert played.status is Status.FAILED
    assert played.stages() == {
        "bad": Status.FAILED,
        "good": Status.PASSED,
        "later": Status.NOT_RUN,
        "latest": Status.NOT_RUN,
        "other": Status.PASSED,
    }
    assert played.reasons() == {"later": "bad failed", "latest": "later was not run"}


def test_pipelines_run_one_after_the_other(play: Play) -> None:
    played = play(
        f"""{BOX}
ci.stage("first", build=box, {script("sleep 1")})
night = Pipeline("night")
night.stage("second", build=box, run=["true"])
"""
    )
    assert list(played.stages()) == ["first", "second"]


def test_a_stage_gets_what_another_one_gave(play: Play, docker: SdkDocker) -> None:
    played = play(
        f"""{BOX}
built = ci.stage("built", build=box)
said = ci.stage("said", build=box, run=Run(command=["printf", "one\\ntwo\\nthree"], tail=2))
ci.stage(
    "told",
    run=Run(
        command=["sh", "-c", 'echo "$1"; echo "$0"; echo "$SAID"; echo $OWN', f"id {{built.image_id}}"],
        arguments=[said.output],
        environment={{"SAID": f"<{{said.output}}>", "OWN": "${{.stage}} $${{HOME}}"}},
        image=built.image_id,
    ),
)
"""
    )
    *lines, image, less, more, end, own = played.output("told")
    assert lines == ["two", "three", ""]
    assert docker.image(image.removeprefix("id ")) is not None
    assert [less, more, end, own] == ["<two", "three", ">", "told ${HOME}"]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [(0, "<>"), (1, "<3\n>"), (2, "<2\n3\n>"), (9, "<1\n2\n3\n>"), (-1, "<1\n2\n3\n>")],
)
def test_as_much_of_standard_output_is_kept_as_the_stage_says(play: Play, tail: int, expected: str) -> None:
    played = play(
        f"""{BOX}
said = ci.stage("said", build=box, run=Run(command=["sh", "-c", "seq 3; echo no >&2"], tail={tail}))
ci.stage("told", build=box, run=["echo", f"<{{said.output}}>"])
"""
    )
    assert "\n".join(played.output("told")) == expected


ECHO = """
box = Variant("box", base=BASE, entrypoint=["echo", "entry"], runs=Runs(environment={"COLOUR": "red"}))
ci = Pipeline("ci")
"""


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("True", "entry"),
        ("Run()", "entry"),
        ('Run(arguments=["a  b", "$HOME", "c"])', "entry a  b $HOME c"),
        ('["printf", "list"]', "list"),
        ('Run(command=["printf", "%s-%s"], arguments=["x", "y"])', "x-y"),
        ('["sh", "-c", "echo $COLOUR"]', "red"),
        (
            'Run(command=["sh", "-c", "echo $COLOUR $SIZE"], environment={"COLOUR": "blue", "SIZE": "1 2"})',
            "blue 1 2",
        ),
    ],
)
def test_a_step_runs_the_entrypoint_or_what_it_says_instead(play: Play, step: str, expected: str) -> None:
    played = play(f"{ECHO}ci.stage('said', build=box, run={step})\n")
    assert played.status is Status.PASSED
    assert played.output("said") == [expected]


def test_an_image_that_several_stages_build_is_built_once(play: Play, docker: SdkDocker) -> None:
    recorder = Recorder(docker.api, docker.buildkit)
    played = play(
        BOX + "".join(f"ci.stage('{name}', build=box, run=['true'])\n" for name in "abc"), docker=recorder
    )
    assert played.status is Status.PASSED
    assert [request.target for request in recorder.builds] == ["box"]
    assert len({request.image for request in recorder.runs}) == 1


def test_images_that_are_there_are_not_pulled(play: Play, docker: SdkDocker) -> None:
    recorder = Recorder(docker.api, docker.buildkit)
    play(f"{BOX}ci.stage('a', build=box)", docker=recorder)
    assert recorder.pulls == []


def test_when_asked_to_pull_each_base_image_is_pulled_once(
    docker: SdkDocker, base: str, make_project: MakeProject, tmp_path: Path
) -> None:
    recorder = Recorder(docker.api, docker.buildkit)
    root = make_project(
        f"{BOX}bin = Variant('bin', base=BASE)\nci.stage('a', build=box)\nci.stage('b', build=bin)\n"
    )
    planned = plan(resolve(load(locate(root / ".pipeline" / "pipeline.py"))), root)
    with claimed(tmp_path / "runs") as directory:
        run(planned, recorder, Options(jobs=2, pull=True), lambda _: None, directory)
    assert recorder.pulls == [base]


def test_an_image_that_no_registry_has_fails_the_stage(play: Play) -> None:
    played = play(
        """
        box = Variant("box", base="localhost:1/no/such:image")
        Pipeline("ci").stage("a", build=box)
        """
    )
    assert played.status in {Status.FAILED, Status.BROKEN}
    assert "localhost:1" in played.steps("build")["a"].problem


def test_a_failing_build_tells_the_output_of_its_step(play: Play) -> None:
    played = play(
        """
        box = Variant("box", base=BASE, builder=Builder(command="echo some reason >&2; exit 3"))
        Pipeline("ci").stage("a", build=box, run=True)
        """
    )
    assert played.status is Status.FAILED
    problem = played.steps("build")["a"].problem
    assert problem.startswith(".pipeline/pipeline.py:2: the build step ")
    assert "failed with exit code 3." in problem
    told = [event.line for event in played.events if isinstance(event, events.StepOutput)]
    assert "some reason" in told
    assert "run" not in {event.step.kind for event in played.events if isinstance(event, events.StepStarted)}


def test_a_command_that_cannot_be_started_fails_at_the_authors_line(play: Play) -> None:
    played = play(f"{BOX}ci.stage('a', build=box, run=['no-such-command'])")
    assert played.status is Status.FAILED
    problem = played.steps("run")["a"].problem
    assert problem.startswith(".pipeline/pipeline.py:4: the container's command cannot be started")


def test_a_second_build_says_that_all_is_cached(play: Play, make_project: MakeProject) -> None:
    root = make_project(f"{BOX}ci.stage('a', build=box)")
    play(root)
    detail = play(root).steps("build")["a"].detail
    assert detail.startswith("all ")
    assert detail.endswith(" steps cached")


def test_containers_carry_names_and_labels_to_be_found_by(
    play: Play, docker: SdkDocker, make_project: MakeProject
) -> None:
    recorder = Recorder(docker.api, docker.buildkit)
    root = make_project(f"{BOX}ci.stage('Unit_test', build=box, run=['true'])")
    play(root, docker=recorder)
    (request,) = recorder.runs
    run_id = request.labels["pipeline-dsl.run"]
    assert request.name == f"pipeline-dsl-{run_id}-ci-Unit_test"
    assert request.labels == {"pipeline-dsl.run": run_id, "pipeline-dsl.project": root.name}


def test_only_what_is_copied_is_sent(play: Play, docker: SdkDocker, make_project: MakeProject) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, copies=[Copy("local", source="src/", destination="./src/")])
        Pipeline("ci").stage("ls", build=box, run=["find", ".", "-type", "f"])
        """,
        {"src/app.js": "1", "src/app.log": "2", ".dockerignore": "**/*.log", "junk": "x" * 20_000_000},
    )
    recorder = Recorder(docker.api, docker.buildkit)
    played = play(root, docker=recorder)
    assert played.output("ls") == ["./src/app.js"]
    (sent,) = recorder.sent
    with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
        sizes = {member.name: member.size for member in archive if member.isfile()}
    assert [name for name in sizes if name.endswith("src/app.js")] != []
    assert [name for name in sizes if "junk" in name or "log" in name] == []
    assert sum(sizes.values()) < 10_000


def test_what_a_build_needs_is_not_copied_with_the_context(play: Play, make_project: MakeProject) -> None:
    root = make_project(
        """
        box = Variant("box", base=BASE, copies=["local"])
        Pipeline("ci").stage("find", build=box, run=["find", ".", "-mindepth", "1"])
        """,
        {"app.js": "1", ".dockerignore": ".dockerignore\n.pipeline\n"},
    )
    assert play(root).output("find") == ["./app.js"]


class Slow(Recorder):
    """An engine that takes its time to give files."""

    def copy_out(self, container: str, path: str, cancel: threading.Event) -> Generator[bytes]:
        time.sleep(3)
        return super().copy_out(container, path, cancel)


def test_files_of_a_failed_stage_are_saved_although_another_fails_meanwhile(
    play: Play, docker: SdkDocker
) -> None:
    failing = script("echo report > /tmp/report", "exit 1")
    played = play(
        f"""{BOX}
ci.stage("first", build=box, {failing}, copy=["/tmp/report"])
ci.stage("second", build=box, {script("sleep 1", "exit 1")})
""",
        docker=Slow(docker.api, docker.buildkit),
    )
    assert played.steps("copy")["first"].status is Status.PASSED
    assert played.stages() == {"first": Status.FAILED, "second": Status.FAILED}


class Broken(Recorder):
    """An engine that fails when it is to run something."""

    def run(self, request: RunRequest, output: Output, cancel: threading.Event) -> int:
        del request, output, cancel
        raise EngineError([Problem("engine-failed", "no space left on device.")])


def test_an_engine_that_fails_breaks_the_run(play: Play, docker: SdkDocker) -> None:
    played = play(f"{BOX}ci.stage('a', build=box, run=['true'])", docker=Broken(docker.api, docker.buildkit))
    assert played.status is Status.BROKEN
    assert played.steps("run")["a"].problem == (
        ".pipeline/pipeline.py:4: no space left on device. [engine-failed]"
    )


class Lost(Recorder):
    """An engine that cannot be reached any more at the end."""

    def remove_containers(self, label: str) -> None:
        raise EngineError([Problem("engine-unreachable", f"gone before {label}.")])


def test_containers_that_may_be_left_are_a_problem_of_the_run(play: Play, docker: SdkDocker) -> None:
    ended = play(f"{BOX}ci.stage('a', build=box)", docker=Lost(docker.api, docker.buildkit)).events[-1]
    assert isinstance(ended, events.RunEnded)
    (problem,) = ended.problems
    assert re.match(
        r"Some containers of the run [0-9a-f]+ may be left: gone before pipeline-dsl.run=", problem
    )


def test_events_come_one_at_a_time(
    docker: SdkDocker, base: str, make_project: MakeProject, tmp_path: Path
) -> None:
    del base
    lines = "".join(f"ci.stage('{name}', build=box, {script('seq 300')})\n" for name in "abcd")
    root = make_project(BOX + lines)
    planned = plan(resolve(load(locate(root / ".pipeline" / "pipeline.py"))), root)
    inside = threading.Lock()

    def emit(_: events.Event) -> None:
        assert inside.acquire(blocking=False)
        inside.release()

    with claimed(tmp_path / "runs") as directory:
        assert run(planned, docker, Options(jobs=4), emit, directory) is Status.PASSED
