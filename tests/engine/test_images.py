"""Looking images up and pulling them, from a real registry."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.docker import Cancelled
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.errors import EngineError, StepError
from tests.registry import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.engine.docker import Output
    from pipeline_dsl.engine.events import Stream
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.registry import Registry

pytestmark = pytest.mark.engine


@pytest.fixture
def member(closed_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SdkDocker]:
    """The engine, for one who has logged in to the registry with the docker command."""
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {closed_registry.address: {"auth": token}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    connected = connect()
    with connected.api:
        yield connected


@pytest.fixture
def pushed(member: SdkDocker, closed_registry: Registry) -> Iterator[str]:
    """An image that the registry has and the engine has not."""
    repository, tag = f"{closed_registry.address}/{uuid.uuid4().hex}", "1"
    changes = [f"LABEL word={uuid.uuid4().hex}", "ENV A=b=c", "ONBUILD RUN true"]
    member.api.import_image_from_data(b"\0" * 1024, repository, tag, changes)
    assert "error" not in member.api.push(repository, tag)
    member.api.remove_image(f"{repository}:{tag}")
    assert member.image(f"{repository}:{tag}") is None
    yield f"{repository}:{tag}"
    if member.image(f"{repository}:{tag}"):
        member.api.remove_image(f"{repository}:{tag}")


def test_an_image_is_pulled_with_the_credentials_of_dockers_configuration(
    member: SdkDocker,
    pushed: str,
    output: Output,
    printed: list[tuple[Stream, str]],
    cancel: threading.Event,
) -> None:
    image = member.pull(pushed, output, cancel)
    assert image == member.image(pushed) == member.image(image.id)
    assert image.digests[0].startswith(pushed.removesuffix(":1") + "@sha256:")
    assert image.environment["A"] == "b=c"
    assert "word" in image.labels
    assert image.triggers == ("RUN true",)
    assert image.tags == (pushed,)
    assert any("Pulling from" in line for _, line in printed)


def test_an_image_is_pulled_by_its_digest(
    member: SdkDocker, pushed: str, output: Output, cancel: threading.Event
) -> None:
    image = member.pull(pushed, output, cancel)
    assert member.pull(image.digests[0], output, cancel) == image


def test_an_image_that_the_registry_has_not_is_named(
    member: SdkDocker, closed_registry: Registry, output: Output, cancel: threading.Event
) -> None:
    reference = f"{closed_registry.address}/none:1"
    with pytest.raises(StepError, match=rf"cannot pull {reference}: .*\[image-not-pulled\]"):
        member.pull(reference, output, cancel)


def test_a_registry_that_asks_for_a_login_is_explained(
    pushed: str, monkeypatch: pytest.MonkeyPatch, output: Output, cancel: threading.Event
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "/nonexistent")
    stranger = connect()
    with stranger.api, pytest.raises(StepError, match=r'basic auth credentials.*"docker login"'):
        stranger.pull(pushed, output, cancel)


def test_a_registry_that_cannot_be_reached_is_not_the_authors_fault(
    docker: SdkDocker, output: Output, cancel: threading.Event
) -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1.* connection refused"):
        docker.pull("127.0.0.1:1/image:1", output, cancel)


def test_a_pull_is_cancelled_while_the_registry_keeps_silent(
    docker: SdkDocker, output: Output, cancel: threading.Event
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        timer = threading.Timer(0.3, cancel.set)
        timer.start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            docker.pull(f"127.0.0.1:{silent.getsockname()[1]}/image:1", output, cancel)
        assert time.monotonic() - start < 2
        timer.join()


def test_an_image_that_is_not_there_is_none(docker: SdkDocker) -> None:
    assert docker.image("nowhere:1") is None
    assert docker.image(f"sha256:{'0' * 64}") is None
