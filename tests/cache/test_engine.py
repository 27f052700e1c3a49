"""The questions of a run with nothing to do, for a real engine; and what is no engine, or not ours to ask."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from docker.auth import encode_header

from pipeline_dsl.cache.engine import Engine, EngineDown
from tests.registry import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline_dsl.engine.docker import EngineImage
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.registry import Registry


@pytest.fixture
def engine() -> Engine:
    found = Engine.from_environment(os.environ)
    if found is None:
        pytest.skip("the engine is not at a Unix socket")
    return found


@pytest.fixture
def image(docker: SdkDocker) -> Iterator[EngineImage]:
    """An image with two tags."""
    name = uuid.uuid4().hex
    docker.api.import_image_from_data(bytes(1024), "pipeline-dsl-test", name, [f"LABEL word={name}"])
    docker.tag(f"pipeline-dsl-test:{name}", f"pipeline-dsl-test/other:{name}")
    made = docker.image(f"pipeline-dsl-test:{name}")
    assert made
    yield made
    docker.api.remove_image(made.id, force=True)


def is_same(engine: Engine, docker: SdkDocker, reference: str) -> bool:
    """Compare what the engine tells us with what it tells by its SDK."""
    facts, known = engine.image(reference), docker.image(reference)
    assert facts
    assert known
    return (facts.id, facts.digests, facts.tags, facts.platform) == (
        known.id,
        known.digests,
        known.tags,
        known.platform,
    )


@pytest.mark.engine
def test_an_image_is_told_as_by_the_sdk(
    engine: Engine, docker: SdkDocker, image: EngineImage, base: str
) -> None:
    assert len(image.tags) == 2
    for reference in (base, image.id, image.id.removeprefix("sha256:")[:20], *image.tags):
        assert is_same(engine, docker, reference)


@pytest.mark.engine
def test_an_image_that_was_pushed_is_told_with_its_digest(
    engine: Engine, docker: SdkDocker, image: EngineImage, registry: Registry
) -> None:
    reference = f"{registry.address}/{uuid.uuid4().hex}/app:1"
    docker.tag(image.id, reference)
    digest = docker.push(reference, None, lambda *_: None, threading.Event())
    facts = engine.image(f"{reference.removesuffix(':1')}@{digest}")
    assert facts
    assert any(known.endswith(f"@{digest}") for known in facts.digests)
    assert is_same(engine, docker, reference)
    assert engine.distribution(reference, "") == digest
    assert engine.distribution(f"{reference}-not", "") is None


@pytest.mark.engine
def test_an_image_says_when_it_was_made(engine: Engine, docker: SdkDocker, image: EngineImage) -> None:
    facts = engine.image(image.id)
    assert facts
    assert facts.created == docker.api.inspect_image(image.id)["Created"]  # type: ignore[no-untyped-call]


@pytest.mark.engine
@pytest.mark.parametrize(
    "reference", [f"nowhere:{uuid.uuid4().hex}", f"sha256:{'0' * 64}", f"a@sha256:{'0' * 64}"]
)
def test_an_image_that_is_not_there_is_none(engine: Engine, reference: str) -> None:
    assert engine.image(reference) is None


@pytest.mark.engine
@pytest.mark.parametrize("reference", ["a b?x=1", "ä#", "x\r\nHost: y", "\udc80", "%2e"])
def test_what_is_no_reference_is_not_there(engine: Engine, reference: str) -> None:
    """Engines say it in two ways, and neither is an image."""
    with contextlib.suppress(EngineDown):
        assert engine.image(reference) is None


@pytest.mark.engine
def test_the_platform_is_told_as_by_the_sdk(engine: Engine, docker: SdkDocker) -> None:
    assert engine.platform() == docker.version().platform


@pytest.mark.engine
def test_a_login_leads_the_engine_to_a_registry(engine: Engine, closed_registry: Registry) -> None:
    reference = f"{closed_registry.address}/{uuid.uuid4().hex}:1"
    login = {"username": USER, "password": PASSWORD, "serveraddress": closed_registry.address}
    assert engine.distribution(reference, encode_header(login).decode()) is None
    with pytest.raises(EngineDown, match=r"the engine answers (401|403|500)") as error:
        engine.distribution(reference, encode_header({**login, "password": "wrong horse"}).decode())
    assert "horse" not in str(error.value)


@pytest.mark.engine
def test_threads_ask_at_the_same_time(engine: Engine, image: EngineImage, base: str) -> None:
    expected = {name: engine.image(name) for name in (base, *image.tags)}
    with ThreadPoolExecutor(8) as pool:
        names = [*expected] * 20
        assert list(pool.map(engine.image, names)) == [expected[name] for name in names]


def test_an_engine_that_is_not_there_is_down(tmp_path: Path) -> None:
    with pytest.raises(EngineDown, match=r"no engine answers at .*/gone: No such file"):
        Engine(str(tmp_path / "gone")).image("a")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    with pytest.raises(EngineDown, match="Connection refused"):
        Engine(str(tmp_path / "left")).platform()


@pytest.mark.parametrize(
    ("answer", "ask"),
    [
        (b"", lambda engine: engine.image("a")),
        (b"SSH-2.0-OpenSSH\r\n", lambda engine: engine.image("a")),
        (b"HTTP/1.0 200 OK\r\n\r\n", lambda engine: engine.image("a")),
        (b'HTTP/1.0 200 OK\r\n\r\n{"Id": "sha256:0", "Os"', lambda engine: engine.image("a")),
        (b'HTTP/1.0 200 OK\r\n\r\n{"Id": 1}', lambda engine: engine.image("a")),
        (b'HTTP/1.0 500 Oh\r\n\r\n{"message": "x"}', lambda engine: engine.image("a")),
        (b"HTTP/1.0 404 Not Found\r\n\r\nNot Found\n", lambda engine: engine.distribution("a", "")),
        (b"HTTP/1.0 200 OK\r\n\r\n{}", lambda engine: engine.distribution("a", "")),
        (b"HTTP/1.0 404 Not Found\r\n\r\n{}", lambda engine: engine.platform()),
    ],
)
def test_what_does_not_answer_as_engines_do_is_down(
    tmp_path: Path, answer: bytes, ask: Callable[[Engine], object]
) -> None:
    """No engine answers so at will; Podman's does not know the call, which is not to have found nothing."""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def reply() -> None:
            wire, _ = server.accept()
            with wire:
                wire.recv(65536)
                wire.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        with pytest.raises(EngineDown):
            ask(Engine(str(path)))
        thread.join()


NOWHERE = {"HOME": "/nonexistent"}


def test_an_engine_is_where_docker_looks_for_it() -> None:
    assert Engine.from_environment(NOWHERE) == Engine("/var/run/docker.sock")
    assert Engine.from_environment({**NOWHERE, "DOCKER_HOST": "unix:///a/b.sock"}) == Engine("/a/b.sock")
    assert Engine.from_environment({**NOWHERE, "DOCKER_HOST": "", "DOCKER_CONTEXT": ""}) == Engine(
        "/var/run/docker.sock"
    )


@pytest.mark.parametrize(
    "environ",
    [
        {"DOCKER_HOST": "tcp://127.0.0.1:2375"},
        {"DOCKER_HOST": "ssh://somebody@a.example"},
        {"DOCKER_HOST": "unix://"},
        {"DOCKER_HOST": "/var/run/docker.sock"},
        {"DOCKER_CONTEXT": "far"},
    ],
)
def test_an_engine_elsewhere_is_not_ours_to_ask(environ: dict[str, str]) -> None:
    assert Engine.from_environment({**NOWHERE, **environ}) is None


def test_a_host_comes_before_a_context() -> None:
    environ = {**NOWHERE, "DOCKER_CONTEXT": "far", "DOCKER_HOST": "unix:///a.sock"}
    assert Engine.from_environment(environ) == Engine("/a.sock")


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        (json.dumps({"currentContext": "far"}), False),
        ("{", False),
        (json.dumps({"currentContext": ""}), True),
        (json.dumps({"auths": {}}), True),
    ],
)
@pytest.mark.parametrize("place", ["DOCKER_CONFIG", "HOME"])
def test_a_context_that_is_configured_is_not_ours_to_ask(
    tmp_path: Path, place: str, content: str, *, is_ours: bool
) -> None:
    folder = tmp_path / ".docker" if place == "HOME" else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(content)
    assert (Engine.from_environment({**NOWHERE, place: str(tmp_path)}) is not None) == is_ours


def test_a_configuration_that_is_none_is_not_ours_to_judge(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert Engine.from_environment({**NOWHERE, "DOCKER_CONFIG": str(tmp_path)}) is None


def test_an_answer_that_takes_its_time_is_waited_for(tmp_path: Path) -> None:
    """The end of the connection is the end of the answer, however many pieces it comes in."""
    path = tmp_path / "socket"
    told = b'HTTP/1.0 200 OK\r\n\r\n{"Os": "linux", "Arch": "arm64"}'
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def reply() -> None:
            wire, _ = server.accept()
            with wire:
                wire.recv(65536)
                for byte in told:
                    wire.sendall(bytes([byte]))

        thread = threading.Thread(target=reply)
        thread.start()
        assert Engine(str(path)).platform() == "linux/arm64"
        thread.join()
