"""What a run would do, foretold, and what it then does: the same engine, the same store."""

from __future__ import annotations

import dataclasses
import os
import uuid
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline_dsl.cache.images import reference
from pipeline_dsl.cache.store import Store
from pipeline_dsl.context.contexts import Contexts
from pipeline_dsl.engine import events
from pipeline_dsl.engine.events import Status, Stream
from pipeline_dsl.engine.forecast import Forecast, Sight, UsualEyes, forecast
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.memory import Memory
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.work import Options
from pipeline_dsl.load import load, locate
from pipeline_dsl.plan import BuildParameters, plan
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from pipeline_dsl.plan import Plan
    from tests.conftest import MakeProject

pytestmark = pytest.mark.engine

Told: TypeAlias = dict[str, tuple[str, str]]
"""State and reason of each step, by ``STAGE KIND``."""


@dataclasses.dataclass(frozen=True)
class Bench:
    """A project, a store, and an engine.

    Arguments:
        root: the project's root directory.
        home: a directory for what is no part of it.
        docker: the engine; None for one that is down.
    """

    root: Path
    home: Path
    docker: SdkDocker | None

    @property
    def store(self) -> Store:
        return Store(self.home / "store")

    def planned(self, arguments: Mapping[str, str]) -> Plan:
        resolved = resolve(load(locate(self.root / ".pipeline" / "pipeline.py")))
        parameters = BuildParameters(arguments)
        return plan(resolved, self.root, parameters=parameters, setup={}, contexts=Contexts(self.store))

    def foretell(self, options: Options | None = None, **arguments: str) -> Forecast:
        options = options or Options(1)
        memory = Memory(self.store, is_asked=not options.no_cache)
        sight = Sight(memory, UsualEyes(self.docker) if self.docker else None)
        into = self.home / f"files-{uuid.uuid4().hex}"
        return forecast(self.planned(arguments), options, sight, into)

    def told(self, options: Options | None = None, **arguments: str) -> Told:
        made = self.foretell(options, **arguments)
        return {
            f"{stage.id.stage} {step.kind}": (step.told.state, step.told.reason)
            for stage in made.stages
            for step in stage.steps
        }

    def run(self) -> tuple[dict[str, Status], dict[str, str]]:
        """Run it; give how each step ended, and why those were done that were."""
        assert self.docker
        statuses: dict[str, Status] = {}
        reasons: dict[str, str] = {}

        def take(event: events.Event) -> None:
            if isinstance(event, events.StepEnded):
                statuses[f"{event.stage.stage} {event.step.kind}"] = event.status
            if isinstance(event, events.StepOutput) and event.stream is Stream.PROGRESS:
                said, is_reason, reason = event.line.partition("not cached: ")
                if is_reason and not said:
                    reasons[f"{event.stage.stage} {event.step.kind}"] = reason

        made = self.planned({})
        with self.store.lease(), claimed(self.home / "runs") as directory:
            status = run(made, self.docker, Options(4), take, directory, memory=Memory(self.store))
            made.contexts.save()
        assert status is Status.PASSED
        return statuses, reasons

    def edit(self, change: Callable[[str], str]) -> None:
        file = self.root / ".pipeline" / "pipeline.py"
        file.write_text(change(file.read_text()))

    @property
    def down(self) -> Bench:
        """The same without an engine."""
        return dataclasses.replace(self, docker=None)


@pytest.fixture
def bench(docker: SdkDocker, base: str, make_project: MakeProject, tmp_path: Path) -> Callable[[str], Bench]:
    del base

    def make(text: str) -> Bench:
        root = make_project(
            text, {"src/a": "a", "src/b": "b", "src/extra": "e", "other": "o", ".dockerignore": ""}
        )
        (root / "src" / "link").symlink_to("a")
        return Bench(root, tmp_path / "home", docker)

    return make


SERVICE = """
box = Variant(
    "box",
    base=BASE,
    arguments={"MODE": "slow"},
    copies=[Copy("local", source="src/", destination="./src/")],
    entrypoint=["cat", "src/a"],
)
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=Run(arguments=["src/b"], environment={"SPEED": "5"}))
"""


def replaced(old: str, new: str) -> Callable[[Bench], None]:
    """Edit the pipeline file."""

    def edit(bench: Bench) -> None:
        bench.edit(lambda text: text.replace(old, new))

    return edit


def written(path: str, text: str) -> Callable[[Bench], None]:
    """Write a file of the project."""

    def edit(bench: Bench) -> None:
        (bench.root / path).write_text(text)

    return edit


def relinked(bench: Bench) -> None:
    (bench.root / "src" / "link").unlink()
    (bench.root / "src" / "link").symlink_to("b")


OTHER = "its image is another one"
RECIPE = "the recipe has another ENTRYPOINT instruction: ENTRYPOINT "
EDITS: Mapping[str, tuple[Callable[[Bench], object], str, str]] = {
    "a file changed": (written("src/a", "new"), "src/a changed", OTHER),
    "a file is new": (written("src/c", "new"), "src/c is new", OTHER),
    "a file is gone": (lambda bench: (bench.root / "src/extra").unlink(), "src/extra is gone", OTHER),
    "mode": (lambda bench: (bench.root / "src/a").chmod(0o755), "src/a has mode 0755, was 0644", OTHER),
    "symlink": (relinked, "the link src/link leads to b, was a", OTHER),
    "ignored": (written(".dockerignore", "src/extra"), "src/extra is gone", OTHER),
    "recipe": (replaced('"cat", "src/a"', '"cat", "-v"'), f'{RECIPE}["cat", "-v"]', OTHER),
    "not copied": (written("other", "new"), "", ""),
    "environment": (replaced('"5"', '"6"'), "", "environment: SPEED is 6, was 5"),
    "arguments": (replaced('["src/b"]', '["src/a"]'), "", "the first argument is src/a, was src/b"),
    "command": (
        replaced("Run(arg", 'Run(command=["head"], arg'),
        "",
        "the command is head, was the image's own",
    ),
    "session": (replaced("build=box", 'build=box, cache="session"'), "", 'cache="session"'),
    "never": (replaced("build=box", 'build=box, cache="never"'), "", 'cache="never"'),
}


@pytest.mark.parametrize(("edit", "built", "ran"), EDITS.values(), ids=EDITS)
def test_each_change_is_the_reason_and_the_run_says_the_same(
    bench: Callable[[str], Bench], edit: Callable[[Bench], object], built: str, ran: str
) -> None:
    it = bench(SERVICE)
    it.run()
    edit(it)
    told = it.told()
    assert [state for state, _ in told.values()] == [
        "will build" if built else "cached",
        "will run" if ran else "cached",
    ]
    assert [reason for state, reason in told.values() if state != "cached"] == [*filter(None, (built, ran))]
    statuses, reasons = it.run()
    assert statuses == {
        step: Status.CACHED if state == "cached" else Status.PASSED for step, (state, _) in told.items()
    }
    expected = {"unit build": built, "unit run": ran if "cache=" not in ran else ""}
    assert reasons == {step: reason for step, reason in expected.items() if reason}


def test_the_first_time_nothing_is_known_and_the_second_time_all(bench: Callable[[str], Bench]) -> None:
    it = bench(SERVICE)
    assert it.told() == {
        "unit build": ("will build", "never built here"),
        "unit run": ("will run", "never passed here"),
    }
    it.run()
    made = it.foretell()
    (stage,) = made.stages
    assert [step.told.state for step in stage.steps] == ["cached", "cached"]
    assert all(0 <= (step.told.age or -1) < 600 for step in stage.steps)
    assert stage.steps[0].told.reason.startswith("built ")
    assert stage.steps[1].told.reason.startswith("passed ")
    assert stage.steps[0].told.image.startswith("sha256:")


def test_what_was_built_and_run_before_is_cached_again_when_a_change_is_taken_back(
    bench: Callable[[str], Bench],
) -> None:
    it = bench(SERVICE)
    it.run()
    written("src/a", "new")(it)
    it.run()
    written("src/a", "a")(it)
    assert {state for state, _ in it.told().values()} == {"cached"}


def test_a_changed_recipe_comes_with_its_differences(bench: Callable[[str], Bench]) -> None:
    it = bench(SERVICE)
    it.run()
    replaced('"cat", "src/a"', '"cat", "-v"')(it)
    (reason,) = it.foretell().stages[0].steps[0].told.reasons
    assert reason.component == "recipe"
    assert '-ENTRYPOINT ["cat", "src/a"]' in reason.details
    assert '+ENTRYPOINT ["cat", "-v"]' in reason.details


def test_a_build_argument_is_part_of_what_is_built(bench: Callable[[str], Bench]) -> None:
    it = bench(SERVICE)
    it.run()
    assert it.told(MODE="fast")["unit build"] == ("will build", "the build argument MODE is new: fast")


@pytest.fixture
def tag(docker: SdkDocker, base: str) -> Iterator[str]:
    """A name for a base image, which is gone afterwards."""
    name = f"pipeline-dsl-test:{uuid.uuid4().hex}"
    found = docker.image(base)
    assert found
    docker.tag(found.id, name)
    yield name
    docker.remove_reference(name)


def test_a_base_image_whose_tag_has_moved_is_the_reason(
    bench: Callable[[str], Bench], tag: str, docker: SdkDocker
) -> None:
    it = bench(SERVICE.replace("BASE", repr(tag)))
    it.run()
    docker.api.import_image_from_data(bytes(1024), *tag.split(":"))
    assert it.told() == {
        "unit build": ("will build", f"the base image {_short(tag)} has a new digest"),
        "unit run": ("will run", OTHER),
    }


def _short(image: str) -> str:
    return image if len(image) <= 40 or "/" not in image else f"…/{image.rpartition('/')[2]}"


def test_an_image_that_was_removed_behind_our_back_is_built_but_need_not_be_run(
    bench: Callable[[str], Bench], docker: SdkDocker
) -> None:
    it = bench(SERVICE)
    it.run()
    key = it.foretell().stages[0].steps[0].told.key
    docker.remove_reference(reference(key))
    told = it.told()
    assert told["unit build"] == ("will build", "its image is gone from the engine")
    assert told["unit run"][0] == "cached"
    statuses, _ = it.run()
    assert statuses == {"unit build": Status.PASSED, "unit run": Status.CACHED}


def test_what_is_asked_for_is_done_whatever_was_done_before(bench: Callable[[str], Bench]) -> None:
    it = bench(SERVICE)
    it.run()
    assert it.told(Options(1, rerun=("unit",)))["unit run"] == ("will run", "--rerun is given")
    assert it.told(Options(1, rerun=("other",)))["unit run"][0] == "cached"
    assert set(it.told(Options(1, no_cache=True)).values()) == {
        ("will build", "--no-cache is given"),
        ("will run", "--no-cache is given"),
    }


def test_services_are_part_of_what_a_run_depends_on(bench: Callable[[str], Bench]) -> None:
    text = """
    box = Variant("box", base=BASE)
    db = Service("db", image=BASE, command=["sleep", "60"], health=["true"])
    ci = Pipeline("ci")
    ci.stage("unit", build=box, run=Run(command=["true"], services=[db]), cache="success")
    """
    it = bench(text)
    it.run()
    assert it.told()["unit run"][0] == "cached"
    replaced('"60"', '"61"')(it)
    assert it.told()["unit run"] == ("will run", "service db: the command is sleep 61, was sleep 60")
    replaced(', cache="success"', "")(it)
    usual = 'cache="never", as is usual with services and credentials'
    assert it.told()["unit run"] == ("will run", usual)


CHAIN = """
box = Variant("box", base=BASE, copies=[Copy("local", source="src/", destination="./src/")])
late = Variant("late", base=BASE, copies=[Copy("local", source="out/", destination="./out/")])
ci = Pipeline("ci")
unit = ci.stage("unit", build=box, run=Run(command=["cat", "src/a"], tail=1), exports={"x": "<${.output}>"})
say = ci.stage("say", build=box, run=["echo", "${unit.x}"], after=[unit])
report = ci.stage(
    "report",
    build=box,
    run=["sh", "-c", "cat src/b > /tmp/report"],
    copy=[Artifact("/tmp/report", destination="out/report")],
)
show = ci.stage("show", build=late, run=["cat", "out/report"], after=[report])
again = ci.stage("again", run=Run(image=unit.image_id, command=["cat", "src/a"], tail=1), after=[unit])
child = Variant("child", base="${unit.imageLocalName}")
heir = ci.stage("heir", build=child, run=["true"])
"""


def test_what_stages_say_and_copy_is_known_as_long_as_they_are_cached(bench: Callable[[str], Bench]) -> None:
    it = bench(CHAIN)
    assert {state for state, _ in it.told().values()} <= {
        "will build",
        "will run",
        "will copy",
        "will export",
    } | {"cached"}
    it.run()
    assert {state for state, _ in it.told().values()} == {"cached"}
    assert set(it.run()[0].values()) == {Status.CACHED}
    written("src/b", "new")(it)
    told = it.told()
    assert told["unit build"][0] == "will build"
    assert told["say run"] == ("may run", "${unit.x} is only known in the run")
    assert told["unit exports"] == ("will export", "")
    assert told["report copy"] == ("will copy", "")
    assert told["show build"] == ("may build", "report copies out files that it may take")
    assert told["show run"] == ("may run", "its image may be built anew")
    assert told["heir build"][0] == "will build"
    assert told["heir run"] == ("will run", OTHER)


def test_a_stage_that_runs_what_one_before_it_runs_need_not_do_so(bench: Callable[[str], Bench]) -> None:
    told = bench(CHAIN).told()
    assert told["again run"] == ("cached", "unit runs the same")


def test_stages_side_by_side_that_run_the_same_may_each_do_so(bench: Callable[[str], Bench]) -> None:
    it = bench("""
    box = Variant("box", base=BASE)
    ci = Pipeline("ci")
    one = ci.stage("one", build=box, run=["true"])
    two = ci.stage("two", build=box, run=["true"])
    """)
    assert it.told()["two run"] == ("may run", "one runs the same")


def test_without_an_engine_all_is_told_as_if_base_images_were_what_they_were(
    bench: Callable[[str], Bench],
) -> None:
    it = bench(CHAIN)
    it.run()
    assert set(it.down.told().values()) - {("cached", "")} == {
        ("may be cached", "the engine cannot be asked")
    } | {("will export", "")}
    written("src/a", "new")(it)
    told = it.down.told()
    assert told["unit build"] == ("will build", "src/a changed")
    assert told["unit run"] == ("will run", OTHER)


def test_what_cannot_be_published_as_asked_is_told_to_fail(bench: Callable[[str], Bench]) -> None:
    it = bench("""
    box = Variant("box", base=BASE)
    Pipeline("ci").stage("release", build=box, publish=Publish(name="Not A Name", tag="1", tags=[]))
    """)
    state, reason = it.told()["release publish"]
    assert state == "will fail"
    assert '"not a name"' in reason


SET = ', runs=Runs(environment={"X": "1"})'
MUTATIONS: Mapping[str, Callable[[Bench], object]] = {
    "a": written("src/a", "a"),
    "a, other": written("src/a", "other"),
    "b, other": written("src/b", "other"),
    "b": written("src/b", "b"),
    "no part of it": written("other", "x"),
    "ignored": written(".dockerignore", "src/link"),
    "mode": lambda bench: (bench.root / "src/a").chmod(0o755),
    "usual mode": lambda bench: (bench.root / "src/a").chmod(0o644),
    "touched": lambda bench: os.utime(bench.root / "src/a", (1, 1)),
    "recipe": replaced('("box", base=BASE', f'("box", base=BASE{SET}'),
    "back": replaced(SET, ""),
    "command": replaced('["echo", ', '["printf", '),
}


@settings(
    max_examples=4, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.lists(st.sampled_from(sorted(MUTATIONS)), min_size=1, max_size=3), max_size=2))
def test_a_run_does_what_was_foretold(chain: Callable[[], Bench], steps: list[list[str]]) -> None:
    it = chain()
    for names in [[], *steps]:
        for name in names:
            MUTATIONS[name](it)
        told = it.told()
        statuses, reasons = it.run()
        assert told.keys() == statuses.keys()
        for step, (state, reason) in told.items():
            if state == "cached":
                assert statuses[step] is Status.CACHED, step
            elif state.startswith("will") and not step.endswith("exports"):
                assert statuses[step] is Status.PASSED, step
            if state.startswith("will") and step in reasons:
                assert reasons[step] == reason


@pytest.fixture
def chain(bench: Callable[[str], Bench], tmp_path: Path) -> Callable[[], Bench]:
    """Make the same project anew each time, with a store of its own."""

    def make() -> Bench:
        it = bench(CHAIN)
        return dataclasses.replace(it, home=tmp_path / f"home-{uuid.uuid4().hex}")

    return make
