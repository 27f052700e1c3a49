"""Publishing an image, to a real registry."""

from __future__ import annotations

import dataclasses
import io
import os
import tarfile
import threading
import time
import uuid
from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.engine.docker import Cancelled, RunRequest
from pipeline_dsl.engine.limit import Limit
from pipeline_dsl.engine.sdk.client import SdkDocker
from pipeline_dsl.engine.steps.publish import PublishRequest, PublishResult, publish
from pipeline_dsl.engine.steps.turns import turn
from pipeline_dsl.errors import EngineError, StepError
from tests.engine.gate import Gate
from tests.registry import Registry, forget, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.engine.docker import EngineImage, Login, Output
    from pipeline_dsl.engine.events import Stream

pytestmark = pytest.mark.engine

MANY = 4_000_000
"""Bytes of an image that is large enough to be cut off half-way, and that cannot be compressed."""


class MakeImage(Protocol):
    """Makes an image of a file of so many random bytes."""

    def __call__(self, size: int = 10) -> EngineImage: ...


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves a lock in the user's directories."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def make_image(docker: SdkDocker) -> Iterator[MakeImage]:
    """Make images of random files; they have a tag, and are gone afterwards."""
    made: list[EngineImage] = []

    def make(size: int = 10) -> EngineImage:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            member = tarfile.TarInfo("file")
            member.size = size
            tar.addfile(member, io.BytesIO(os.urandom(size)))
        tag = uuid.uuid4().hex
        docker.api.import_image_from_data(archive.getvalue(), "pipeline-dsl-test", tag)
        image = docker.image(f"pipeline-dsl-test:{tag}")
        assert image
        made.append(image)
        return image

    yield make
    for image in made:
        if docker.image(image.id):
            docker.api.remove_image(image.id, force=True)


@dataclasses.dataclass(frozen=True)
class Publisher:
    """Publishes an image to a registry, under a name of its own."""

    docker: SdkDocker
    registry: Registry
    output: Output
    cancel: threading.Event
    printed: list[tuple[Stream, str]]
    repository: str = "test"
    name: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)

    def request(self, image: EngineImage, *tags: str) -> PublishRequest:
        return PublishRequest(image.id, self.registry.address, self.repository, self.name, tags, retries=0)

    def publish(self, request: PublishRequest) -> PublishResult:
        return publish(request, self.docker, self.output, self.cancel)

    def held(self, tag: str) -> str | None:
        """The id of the image that the registry has under a tag."""
        return self.registry.image_id(f"{self.repository}/{self.name}", tag)

    def digest(self, tag: str) -> str | None:
        return self.registry.digest(f"{self.repository}/{self.name}", tag)

    def tags(self) -> set[str]:
        return self.registry.tags(f"{self.repository}/{self.name}")

    def left(self) -> set[str]:
        """The references of this image in the registry that the engine still has."""
        return {
            name
            for image in self.docker.api.images(all=True)
            for name in (*(image["RepoTags"] or ()), *(image["RepoDigests"] or ()))
            if name.startswith(f"{self.registry.address}/{self.repository}/{self.name}")
        }

    @property
    def lines(self) -> list[str]:
        return [line for _, line in self.printed]


@pytest.fixture
def publisher(
    docker: SdkDocker,
    registry: Registry,
    output: Output,
    cancel: threading.Event,
    printed: list[tuple[Stream, str]],
) -> Publisher:
    return Publisher(docker, registry, output, cancel, printed)


def test_an_image_is_published_under_all_its_tags(publisher: Publisher, make_image: MakeImage) -> None:
    image = make_image()
    result = publisher.publish(publisher.request(image, "2026-11-21-candidate", "v1.0", "latest"))
    name = f"{publisher.registry.address}/test/{publisher.name}"
    digest = publisher.digest("2026-11-21-candidate")
    assert digest
    assert result == PublishResult(
        name, ("2026-11-21-candidate", "v1.0", "latest"), digest, ("v1.0", "latest", "2026-11-21-candidate")
    )
    assert publisher.tags() == {"2026-11-21-candidate", "v1.0", "latest"}
    assert {publisher.held(tag) for tag in publisher.tags()} == {image.id}
    assert publisher.lines[-1] == f"{name}@{digest}"
    assert publisher.left() == set()
    assert publisher.docker.image(image.id) == image


def test_a_published_image_is_pulled_by_its_digest_and_runs(
    publisher: Publisher, base: str, docker: SdkDocker, cancel: threading.Event
) -> None:
    image = docker.image(base)
    assert image
    result = publisher.publish(publisher.request(image, "1"))
    pulled = docker.pull(f"{result.name}@{result.digest}", publisher.output, cancel)
    assert pulled.id == image.id
    request = RunRequest(f"{result.name}@{result.digest}", f"pipeline-dsl-{uuid.uuid4().hex}", ("true",))
    assert docker.run(request, publisher.output, cancel) == 0
    docker.api.remove_image(f"{result.name}@{result.digest}")
    assert publisher.left() == set()


def test_a_tag_of_another_image_is_not_moved_and_nothing_is_pushed(
    publisher: Publisher, make_image: MakeImage
) -> None:
    first, second = make_image(), make_image()
    digest = publisher.publish(publisher.request(first, "1", "latest")).digest
    with pytest.raises(StepError) as error:
        publisher.publish(publisher.request(second, "2", "1", "latest"))
    assert [problem.code for problem in error.value.problems] == ["tag-exists"] * 2
    assert digest in str(error.value)
    assert 'overwrite=["latest"]' in error.value.problems[1].hint
    assert publisher.tags() == {"1", "latest"}
    assert publisher.held("1") == first.id
    assert publisher.left() == set()


@pytest.mark.parametrize("allowed", ["all", "latest"])
def test_a_tag_is_moved_if_that_is_allowed(publisher: Publisher, make_image: MakeImage, allowed: str) -> None:
    first, second = make_image(), make_image()
    publisher.publish(publisher.request(first, "1", "latest"))
    request = publisher.request(second, "2", "latest", "new")
    overwrite = allowed == "all" or frozenset({allowed})
    result = publisher.publish(dataclasses.replace(request, overwrite=overwrite))
    assert result.pushed == ("new", "latest", "2")
    assert publisher.held("latest") == second.id
    assert publisher.held("1") == first.id


def test_allowing_one_tag_to_be_moved_allows_no_other(publisher: Publisher, make_image: MakeImage) -> None:
    publisher.publish(publisher.request(make_image(), "1"))
    request = publisher.request(make_image(), "1", "latest")
    with pytest.raises(StepError, match=r"\[tag-exists\]"):
        publisher.publish(dataclasses.replace(request, overwrite=frozenset({"latest"})))


def test_what_is_there_already_is_not_pushed_again(publisher: Publisher, make_image: MakeImage) -> None:
    image = make_image()
    first = publisher.publish(publisher.request(image, "1"))
    again = publisher.publish(publisher.request(image, "1"))
    assert again == dataclasses.replace(first, pushed=())
    more = publisher.publish(publisher.request(image, "1", "latest"))
    assert more.digest == first.digest
    assert more.pushed == ("latest",)
    assert publisher.held("latest") == image.id
    assert publisher.left() == set()


def test_a_dry_run_says_what_would_be_done(publisher: Publisher, make_image: MakeImage) -> None:
    first, second = make_image(), make_image()
    digest = publisher.publish(publisher.request(first, "1", "latest")).digest
    publisher.publish(publisher.request(second, "2"))
    publisher.printed.clear()
    request = publisher.request(second, "2", "new", "1", "latest")
    rehearsal = dataclasses.replace(request, overwrite=frozenset({"latest"}), dry_run=True)
    result = publisher.publish(rehearsal)
    name = f"{publisher.registry.address}/test/{publisher.name}"
    assert result == PublishResult(name, ("2", "new", "1", "latest"), "", ())
    assert publisher.lines[0] == f"{name}:2 is this image already."
    assert publisher.lines[1] == f"{name}:new would be pushed."
    assert publisher.lines[2].startswith(f"{name}:1 exists already, and is not moved: it is {digest}.")
    assert publisher.lines[2].endswith("It would be refused.")
    assert publisher.lines[3] == f"{name}:latest would be moved; it is {digest} now."
    assert publisher.tags() == {"1", "2", "latest"}


def test_a_dry_run_needs_no_image(publisher: Publisher, make_image: MakeImage) -> None:
    publisher.publish(publisher.request(make_image(), "1"))
    publisher.printed.clear()
    request = dataclasses.replace(publisher.request(make_image(), "1", "2"), image="", dry_run=True)
    publisher.publish(request)
    assert [line.split(" ", 1)[1][:14] for line in publisher.lines] == ["exists already", "would be pushe"]


def test_an_image_that_is_gone_is_named(publisher: Publisher, make_image: MakeImage) -> None:
    request = dataclasses.replace(publisher.request(make_image(), "1"), image="nowhere:1")
    with pytest.raises(StepError, match=r"nowhere:1.*\[image-not-found\]"):
        publisher.publish(request)


def test_an_image_without_a_tag_outlives_its_publication(
    publisher: Publisher, docker: SdkDocker, make_image: MakeImage
) -> None:
    image = make_image()
    docker.untag(image.tags[0])
    publisher.publish(publisher.request(image, "1"))
    assert publisher.held("1") == image.id
    assert docker.image(image.id)
    assert not any(name.endswith(":1") for name in publisher.left())


def test_a_reference_that_the_engine_had_is_as_it_was(
    publisher: Publisher, docker: SdkDocker, make_image: MakeImage
) -> None:
    ours, others = make_image(), make_image()
    reference = f"{publisher.registry.address}/test/{publisher.name}:1"
    docker.tag(others.id, reference)
    publisher.publish(publisher.request(ours, "1"))
    assert publisher.held("1") == ours.id
    found = docker.image(reference)
    assert found
    assert found.id == others.id


def test_a_registry_that_comes_back_gets_the_image(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    """It is stopped once a part of a layer is there."""
    image = make_image(MANY)
    gate = Gate(own_registry.port, MANY // 4, own_registry.stop)

    def start(stream: Stream, line: str) -> None:
        publisher.output(stream, line)
        if "Trying again in 1 s." in line:
            assert "took more than the 4 s that timeouts.push allows" in line
            own_registry.start()

    request = dataclasses.replace(
        publisher.request(image, "1", "latest"),
        registry=gate.address,
        retries=3,
        limit=Limit(4, "timeouts.push"),  # before the engine tries by itself
    )
    with gate.open():
        result = publish(request, publisher.docker, start, publisher.cancel)
    publisher = dataclasses.replace(publisher, registry=own_registry)
    assert result.digest == publisher.digest("1") == publisher.digest("latest")
    assert publisher.held("1") == image.id
    forget(publisher.docker, gate.address)


def test_a_registry_that_stays_away_has_no_moved_tag(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    first, second = make_image(), make_image(MANY)
    publisher = dataclasses.replace(publisher, registry=own_registry)
    publisher.publish(publisher.request(first, "latest"))
    gate = Gate(own_registry.port, MANY // 4, own_registry.stop)
    request = dataclasses.replace(
        publisher.request(second, "1", "latest"),
        registry=gate.address,
        overwrite=True,
        retries=1,
        limit=Limit(4, "timeouts.push"),
    )
    with gate.open(), pytest.raises(EngineError) as error:
        publisher.publish(request)
    assert error.value.exit_code == 3
    assert error.value.problems[0].code in {"registry-unreachable", "push-timed-out"}
    assert any("Trying again in 1 s." in line for line in publisher.lines)
    own_registry.start()
    assert publisher.tags() == {"latest"}
    assert publisher.held("latest") == first.id
    assert not any(name.startswith(gate.address) for name in local_names(publisher.docker))


def local_names(docker: SdkDocker) -> set[str]:
    return {name for image in docker.api.images(all=True) for name in image["RepoTags"] or ()}


def test_the_primary_tag_comes_last_and_a_failure_says_which_were_moved(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    publisher = dataclasses.replace(publisher, registry=own_registry)
    image = make_image()

    def stop(stream: Stream, line: str) -> None:
        publisher.output(stream, line)
        if line.startswith("pushing") and line.endswith(":1"):
            own_registry.stop()

    expected = rf"These tags of .*{publisher.name} had been pushed before: latest\..*\[registry-unreachable\]"
    with pytest.raises(EngineError, match=expected):
        publish(publisher.request(image, "1", "latest"), publisher.docker, stop, publisher.cancel)
    own_registry.start()
    assert publisher.tags() == {"latest"}


def test_a_registry_that_is_away_is_asked_again_as_often_as_is_wanted(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    own_registry.stop()
    publisher = dataclasses.replace(publisher, registry=own_registry)
    request = dataclasses.replace(publisher.request(make_image(), "1"), retries=1)
    with pytest.raises(EngineError, match=r"connection refused.*\[registry-unreachable\]"):
        publisher.publish(request)
    assert [line.partition("Trying")[2] for line in publisher.lines] == [" again in 1 s."]


def test_a_publication_is_cancelled_while_it_waits_to_try_again(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    own_registry.stop()
    publisher = dataclasses.replace(publisher, registry=own_registry)
    request = dataclasses.replace(publisher.request(make_image(), "1"), retries=9)

    def cancel(_: Stream, line: str) -> None:
        if "again in 2 s" in line:
            publisher.cancel.set()

    start = time.monotonic()
    with pytest.raises(Cancelled):
        publish(request, publisher.docker, cancel, publisher.cancel)
    assert time.monotonic() - start < 10


def test_a_push_is_cancelled_half_way(
    own_registry: Registry, publisher: Publisher, make_image: MakeImage
) -> None:
    gate = Gate(own_registry.port, MANY // 4, publisher.cancel.set)
    request = dataclasses.replace(publisher.request(make_image(MANY), "1"), registry=gate.address)
    with gate.open(), pytest.raises(Cancelled):
        publisher.publish(request)
    assert dataclasses.replace(publisher, registry=own_registry).tags() == set()
    assert not any(name.startswith(gate.address) for name in local_names(publisher.docker))


@pytest.fixture
def own_registry(docker: SdkDocker, tmp_path: Path) -> Iterator[Registry]:
    """A registry that the test may stop."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with running(Registry(folder), docker) as started:
        yield started


class Meddler(SdkDocker):
    """An engine; whenever it has pushed something, somebody else pushes another image to the same place."""

    def push(self, reference: str, login: Login | None, output: Output, cancel: threading.Event) -> str:
        pushed = super().push(reference, login, output, cancel)
        ours = self.image(reference)
        assert ours
        repository, _, tag = reference.rpartition(":")
        self.api.import_image_from_data(bytes(1024), repository, tag, [f"LABEL word={uuid.uuid4().hex}"])
        super().push(reference, login, output, cancel)
        self.tag(ours.id, reference)
        return pushed


def test_a_tag_that_somebody_else_has_moved_meanwhile_is_told(
    publisher: Publisher, docker: SdkDocker, make_image: MakeImage
) -> None:
    meddler = dataclasses.replace(publisher, docker=Meddler(docker.api, docker.buildkit))
    with pytest.raises(StepError) as error:
        meddler.publish(meddler.request(make_image(), "1"))
    assert [problem.code for problem in error.value.problems] == ["tag-moved"]
    assert str(publisher.digest("1")) in str(error.value)


def test_what_a_killed_run_left_is_removed_by_the_next_one(
    publisher: Publisher, docker: SdkDocker, make_image: MakeImage
) -> None:
    name = f"{publisher.registry.address}/test/{publisher.name}"
    with turn(f"{docker.identity()} {name}", publisher.cancel) as note:
        note.write(f"{name}:1 ")
        docker.tag(make_image().id, f"{name}:1")
    publisher.publish(publisher.request(make_image(), "2"))
    assert publisher.left() == set()


def test_publications_of_one_name_wait_for_each_other(publisher: Publisher, make_image: MakeImage) -> None:
    """Their tags would get in each other's way on the engine, where both need the same reference."""
    images = [make_image() for _ in range(4)]
    results: list[PublishResult] = []

    def publish_one(image: EngineImage) -> None:
        request = dataclasses.replace(publisher.request(image, image.id[7:19], "latest"), overwrite=True)
        results.append(publisher.publish(request))

    threads = [threading.Thread(target=publish_one, args=(image,)) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(images)
    for image in images:
        assert publisher.held(image.id[7:19]) == image.id
    assert publisher.held("latest") in {image.id for image in images}


def test_a_turn_that_does_not_come_can_be_cancelled(cancel: threading.Event) -> None:
    timer = threading.Timer(0.3, cancel.set)
    with turn("name", threading.Event()), turn("another name", cancel):
        timer.start()
        with pytest.raises(Cancelled), turn("name", cancel):
            pytest.fail("Two have their turn at the same time.")
    timer.join()
    with turn("name", threading.Event()):
        pass
