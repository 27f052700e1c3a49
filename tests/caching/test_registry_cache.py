"""Two machines that share a cache repository: what the one has done, the other one need not do."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.fastpath.attempt import attempt
from tests.caching.machine import Machine
from tests.registry import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.caching.machine import Told
    from tests.caching.second import SecondEngine
    from tests.conftest import MakeProject
    from tests.registry import Registry

pytestmark = pytest.mark.engine

SERVICE = """
test = Variant(
    "test",
    base=BASE_REFERENCE,
    builder=Builder(command=["sh", "-c", "cat words > made"], requirements=["words"]),
    copies=["local"],
    entrypoint=["sh", "-c", "cat main made > /tmp/report; cat words"],
)
app = Variant("app", base=BASE_REFERENCE, copies=["local", Copy(test, source="made")], entrypoint=["cat"])
ci = Pipeline("ci")
unit = ci.stage("unit", build=test, run=Run(tail=1), copy=[Artifact("/tmp/report", destination="report")])
# It has the report of the first stage among its files, and says what that has said.
image = ci.stage("image", build=app, run=Run(arguments=["report", "main"]), after=[unit])
said = ci.stage("said", build=test, run=["echo", "it said ${unit.output}"], after=[unit])
"""
FILES = {"main": "main\n", "words": "some words\n", ".dockerignore": ".pipeline\n"}
STEPS = {"unit build", "unit run", "unit copy", "image build", "image run", "said build", "said run"}


@dataclasses.dataclass(frozen=True)
class Two:
    """Two machines with the same project and a cache repository.

    Arguments:
        first: the one, which has run the project.
        second: the other one, whose engine and whose store are empty.
        engine: the other one's engine.
        repository: the cache repository.
        ours: the project on the one.
        theirs: the project on the other one.
    """

    first: Machine
    second: Machine
    engine: SecondEngine
    repository: str
    ours: Path
    theirs: Path

    def run_first(self, *words: str | Path) -> Told:
        """Run the project on the first machine."""
        return self.first.run(self.ours, "--cache-repo", self.repository, *words)

    def run_second(self, *words: str | Path) -> Told:
        """Run the project on the second machine."""
        return self.second.run(self.theirs, "--cache-repo", self.repository, *words)


def tags(engine: SecondEngine) -> set[str]:
    """Give the names of projects that images have in an engine."""
    return {name for name in all_tags(engine) if not name.startswith("pipeline-dsl/cache:")}


def all_tags(engine: SecondEngine) -> set[str]:
    """Give all names of ours that images have in an engine."""
    names = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    return {name for name in names if name.startswith("pipeline-dsl/")}


@pytest.fixture(scope="module")
def shared_base(docker: SdkDocker, registry: Registry, small_base: str) -> str:
    """Name a base image that both machines find in a registry."""
    return pushed(docker, registry, small_base)


def pushed(docker: SdkDocker, registry: Registry, image: str) -> str:
    reference = f"{registry.address}/base:1"
    docker.api.tag(image, f"{registry.address}/base", "1")
    docker.api.push(reference)
    return reference


@pytest.fixture
def two(
    shared_base: str,
    registry: Registry,
    empty_engine: SecondEngine,
    make_project: MakeProject,
    tmp_path: Path,
) -> Iterator[Two]:
    """Two machines; the first one has run the project."""
    ours = make_project(SERVICE.replace("BASE_REFERENCE", repr(shared_base)), FILES)
    theirs = tmp_path / "another" / ours.name  # a project is called like its directory
    shutil.copytree(ours, theirs)
    repository = f"{registry.address}/{ours.name}"
    machines = (Machine(tmp_path / "store-1"), Machine(tmp_path / "store-2", empty_engine.host))
    prepared = Two(*machines, empty_engine, repository, ours, theirs)
    empty_engine.forget()
    told = prepared.run_first()
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    assert "could not be" not in told.text  # all of it is in the repository
    yield prepared
    empty_engine.forget()


def test_what_one_machine_has_done_another_one_need_not_do(two: Two) -> None:
    told = two.run_second("--expect-cached")
    assert told.is_cached, told.text
    assert told.steps.keys() == STEPS
    assert told.outcome.stderr == ""
    assert two.engine.images() == []


def test_it_is_the_same_the_second_time(two: Two) -> None:
    two.run_second()
    told = two.run_second("--expect-cached")
    assert told.is_cached, told.text
    assert two.engine.images() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_the_base_image_is_need_not_be_known_there(  # noqa: PLR0913, PLR0917 -- fixtures and a parameter
    shared_base: str,
    registry: Registry,
    empty_engine: SecondEngine,
    make_project: MakeProject,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
) -> None:
    """It may be in the registry of the cache, or in one that is called otherwise, which the engine asks."""
    base = shared_base.replace("127.0.0.1", host)
    text = f"""
    test = Variant("test", base={base!r}, copies=["local"], entrypoint=["cat", "main"])
    ci = Pipeline("ci")
    ci.stage("unit", build=test, run=True)
    """
    root = make_project(text, {"main": "main\n"})
    words = ("--cache-repo", f"{registry.address}/{root.name}")
    told = Machine(tmp_path / "store-1").run(root, *words)
    assert told.outcome.code == 0, told.text
    empty_engine.forget()
    second = Machine(tmp_path / "store-2", empty_engine.host)
    monkeypatch.chdir(root)

    assert attempt(["run", "--plain", *words], second.cli.env).is_done
    assert empty_engine.images() == []


def test_the_files_that_were_copied_are_there_for_who_wants_them(two: Two, tmp_path: Path) -> None:
    told = two.run_second("--artifacts", tmp_path / "kept")
    assert told.is_cached, told.text
    (report,) = (path for path in (tmp_path / "kept").rglob("report") if path.is_file())
    assert report.read_text() == "main\nsome words\n"
    assert two.engine.images() == []


def test_only_the_image_of_a_run_that_is_to_be_done_is_pulled(two: Two) -> None:
    file = two.theirs / ".pipeline" / "pipeline.py"
    file.write_text(file.read_text().replace('["echo", "it said', '["echo", "it really said'))
    told = two.run_second()
    assert told.outcome.code == 0, told.text
    assert told.done == {"said run"}
    assert "it really said some words" in told.output("said")
    assert told.reasons == {"said": ["never passed here"]}
    assert tags(two.engine) == {f"pipeline-dsl/{two.theirs.name}:test"}
    assert len(set(two.engine.images())) == 1


def test_an_image_that_was_pulled_goes_with_its_names(two: Two) -> None:
    two.run_second("--rerun", "said")
    assert two.engine.images() != []
    for name in all_tags(two.engine):
        two.engine.docker("rmi", name)
    assert two.engine.images() == []


def test_layers_of_an_image_that_is_another_are_taken_from_the_last_one(two: Two) -> None:
    (two.theirs / "main").write_text("another\n")
    told = two.run_second("--stage", "unit")
    assert told.outcome.code == 0, told.text
    assert told.steps == {"unit build": "passed", "unit run": "passed", "unit copy": "passed"}
    told_of_build = re.search(r"build test: (\d+) of (\d+) steps executed", told.outcome.stdout)
    assert told_of_build
    # BuildKit reuses what precedes the first file that is another one, if not all that could be.
    assert 0 < int(told_of_build[1]) < int(told_of_build[2])


def test_the_machine_that_was_first_gets_what_the_other_one_has_done(two: Two) -> None:
    for root in (two.theirs, two.ours):
        (root / "main").write_text("another\n")
    assert two.run_second().done >= {"unit run", "image run"}
    told = two.run_first("--expect-cached")
    assert told.is_cached, told.text


def test_what_is_different_there_is_not_taken(two: Two) -> None:
    (two.theirs / "words").write_text("other words\n")
    told = two.run_second()
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    assert "other words" in told.output("unit")
    assert "it said other words" in told.output("said")


def test_a_machine_that_only_reads_pushes_nothing(two: Two, registry: Registry) -> None:
    name = two.repository.partition("/")[2]
    before = registry.tags(name)
    assert before
    (two.theirs / "main").write_text("another\n")
    told = two.run_second("--set", "cache.push=false")
    assert told.outcome.code == 0, told.text
    assert told.done
    assert registry.tags(name) == before
    assert two.run_second("--set", "cache.push=false").is_cached


def test_without_the_registry_the_run_passes_and_says_so(two: Two) -> None:
    gone = "127.0.0.1:9/gone"  # nobody listens there
    told = two.first.run(two.ours, "--cache-repo", gone, "--no-cache")
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    (warning,) = (line for line in told.text.splitlines() if gone in line and line.startswith("! "))
    assert "could not be pushed to" in warning  # once, and not for each image and record


def test_an_image_that_cannot_be_pulled_is_built(two: Two, registry: Registry) -> None:
    """The repository may lose layers, as a registry with a cap does, while the tags stay."""
    blobs = (
        registry.folder / "images" / "docker" / "registry" / "v2" / "repositories" / two.ours.name / "_layers"
    )
    shutil.rmtree(blobs)
    told = two.run_second("--rerun", "said")
    assert told.outcome.code == 0, told.text
    assert "it said some words" in told.output("said")


@dataclasses.dataclass(frozen=True)
class Closed:
    """A project, and a cache repository that asks for a login.

    Arguments:
        registry: where the repository is.
        root: the project.
        folder: where machines have their stores.
    """

    registry: Registry
    root: Path
    folder: Path

    @property
    def repository(self) -> str:
        """The repository."""
        return f"{self.registry.address}/{self.root.name}"

    def run(self, store: str, environment: Mapping[str, str], *words: str) -> Told:
        """Run the project on a machine."""
        machine = Machine(self.folder / store, environment=environment)
        return machine.run(self.root, "--cache-repo", self.repository, *words)


@pytest.fixture
def closed(closed_registry: Registry, make_project: MakeProject, small_base: str, tmp_path: Path) -> Closed:
    root = make_project(SERVICE.replace("BASE_REFERENCE", repr(small_base)), FILES)
    return Closed(closed_registry, root, tmp_path)


def login(kind: str, registry: Registry, folder: Path) -> dict[str, str]:
    """Give variables that say how to log in, in one of two ways."""
    folder.mkdir(exist_ok=True)
    if kind == "settings":
        (folder / "password").write_text(PASSWORD)
        credentials = f'{{CACHE = {{file = "{folder}/password", username = "{USER}"}}}}'
        return {"PIPELINE_DSL_CREDENTIALS": credentials, "PIPELINE_DSL_CACHE_CREDENTIAL": "CACHE"}
    word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": word}}}))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize("kind", ["settings", "docker"])
def test_a_repository_that_asks_for_a_login_gets_it(
    closed: Closed, docker: SdkDocker, forget_images: Callable[[str], None], tmp_path: Path, kind: str
) -> None:
    environment = login(kind, closed.registry, tmp_path / "login")
    told = closed.run("one", environment)
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    assert f"{closed.repository} could not" not in told.text
    forget_images(closed.root.name)
    told = closed.run("another", environment, "--expect-cached")
    assert told.is_cached, told.text
    assert docker.image(f"pipeline-dsl/{closed.root.name}:test") is None


def test_without_the_login_the_run_passes_and_says_so(closed: Closed, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = closed.run("one", {"DOCKER_CONFIG": str(tmp_path / "empty")})
    assert told.outcome.code == 0, told.text
    assert told.done == STEPS
    assert f"{closed.repository} could not be" in told.text
    assert PASSWORD not in told.text


@pytest.mark.nightly
def test_all_that_was_done_gets_there_every_time(
    registry: Registry, make_project: MakeProject, small_base: str, tmp_path: Path
) -> None:
    """Images that share layers, and names, are pushed while others are."""
    root = make_project(SERVICE.replace("BASE_REFERENCE", repr(small_base)), FILES)
    machine, repository = Machine(tmp_path / "store"), f"{registry.address}/{root.name}"
    for number in range(14):
        (root / "words").write_text(f"{number}\n")
        told = machine.run(root, "--cache-repo", repository)
        assert "could not be" not in told.text, told.text
