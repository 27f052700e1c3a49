"""What the port does with a real registry: pushing, looking for tags, telling images apart."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import http.server
import io
import json
import os
import shutil
import socket
import tarfile
import threading
import time
import uuid
from typing import TYPE_CHECKING

import docker as docker_sdk
import pytest
import trustme

from pipeline_dsl.engine.docker import Cancelled, Login, PassingError
from pipeline_dsl.engine.sdk.client import SdkDocker
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.engine.sdk.refusals import refusal
from pipeline_dsl.errors import EngineError, StepError
from tests.registry import CERTIFICATES, PASSWORD, USER, Registry, forget, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline_dsl.engine.docker import EngineImage, Output
    from pipeline_dsl.engine.events import Stream

pytestmark = pytest.mark.engine

LOGIN = Login(USER, PASSWORD)
WRONG = Login(USER, "a wrong password")


@pytest.fixture
def name() -> str:
    """A name that no other image has."""
    return f"test/{uuid.uuid4().hex}"


@pytest.fixture
def image(docker: SdkDocker) -> Iterator[EngineImage]:
    """An image that nobody has pushed, with a tag of its own."""
    tag = uuid.uuid4().hex
    docker.api.import_image_from_data(bytes(1024), "pipeline-dsl-test", tag, [f"LABEL word={tag}"])
    made = docker.image(f"pipeline-dsl-test:{tag}")
    assert made
    yield made
    if docker.image(made.id):
        docker.api.remove_image(made.id, force=True)


@dataclasses.dataclass(frozen=True)
class Errand:
    """Something to be done with an image that nobody has pushed, under a name that no other has."""

    image: EngineImage
    name: str
    output: Output
    cancel: threading.Event

    def reference(self, registry: Registry) -> str:
        return f"{registry.address}/{self.name}:1"

    def push(self, docker: SdkDocker, reference: str, login: Login | None = None) -> str:
        """Push the image; the engine does not remember it."""
        docker.tag(self.image.id, reference)
        try:
            return docker.push(reference, login, self.output, self.cancel)
        finally:
            docker.untag(reference)

    def digest(self, docker: SdkDocker, reference: str, login: Login | None = None) -> str | None:
        return docker.digest(reference, login, self.cancel)

    def is_held(self, docker: SdkDocker, reference: str) -> bool:
        return docker.holds(self.image, reference, None, self.cancel)


@pytest.fixture
def errand(image: EngineImage, name: str, output: Output, cancel: threading.Event) -> Errand:
    return Errand(image, name, output, cancel)


def test_the_digest_of_a_push_is_the_registrys(
    docker: SdkDocker, registry: Registry, printed: list[tuple[Stream, str]], errand: Errand
) -> None:
    reference = errand.reference(registry)
    digest = errand.push(docker, reference)
    assert digest == registry.digest(errand.name, "1") == errand.digest(docker, reference)
    assert registry.image_id(errand.name, "1") == errand.image.id
    assert any("Pushed" in line or "Mounted" in line for _, line in printed)
    assert not any("Preparing" in line for _, line in printed)


def test_a_tag_that_is_not_there_has_no_digest(docker: SdkDocker, registry: Registry, errand: Errand) -> None:
    assert errand.digest(docker, errand.reference(registry)) is None


def test_a_login_opens_a_registry(docker: SdkDocker, closed_registry: Registry, errand: Errand) -> None:
    reference = errand.reference(closed_registry)
    assert errand.digest(docker, reference, LOGIN) is None
    digest = errand.push(docker, reference, LOGIN)
    assert digest == closed_registry.digest(errand.name, "1") == errand.digest(docker, reference, LOGIN)


@pytest.mark.parametrize("login", [None, WRONG], ids=["none", "a wrong one"])
def test_without_the_right_login_the_way_in_is_told(
    monkeypatch: pytest.MonkeyPatch,
    closed_registry: Registry,
    login: Login | None,
    errand: Errand,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "/nonexistent")
    reference = errand.reference(closed_registry)
    way_in = r"registry\.credential" if login else rf'"docker login {closed_registry.address}"'
    stranger = connect()
    with stranger.api:
        with pytest.raises(StepError, match=rf"cannot look for .* {way_in}.*\[push-denied\]"):
            errand.digest(stranger, reference, login)
        with pytest.raises(
            StepError, match=rf"cannot push {reference}: .* {way_in}.*\[push-denied\]"
        ) as error:
            errand.push(stranger, reference, login)
    assert "wrong password" not in str(error.value)
    assert closed_registry.tags(errand.name) == set()


def test_no_text_of_a_login_shows_the_password() -> None:
    assert PASSWORD not in f"{LOGIN} {LOGIN!r}"


def test_dockers_own_configuration_opens_a_registry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed_registry: Registry, errand: Errand
) -> None:
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    entry = {closed_registry.address: {"auth": token}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": entry}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    member = connect()
    with member.api:
        digest = errand.push(member, errand.reference(closed_registry))
    assert digest == closed_registry.digest(errand.name, "1")


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, closed_registry: Registry) -> Path:
    """A credential helper that docker's configuration names for the registry; it knows nothing yet."""
    program = tmp_path / "docker-credential-test"
    program.write_text("#!/bin/sh\necho credentials not found in native keychain\nexit 1\n")
    program.chmod(0o755)
    configuration = {"credHelpers": {closed_registry.address: "test"}}
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return program


def test_a_credential_helper_opens_a_registry(
    helper: Path, closed_registry: Registry, errand: Errand
) -> None:
    answer = json.dumps({"ServerURL": closed_registry.address, "Username": USER, "Secret": PASSWORD})
    helper.write_text(
        f"#!/bin/sh\nread server\n[ \"$1 $server\" = 'get {closed_registry.address}' ] && echo '{answer}'\n"
    )
    member = connect()
    with member.api:
        digest = errand.push(member, errand.reference(closed_registry))
    assert digest == closed_registry.digest(errand.name, "1")


def test_a_credential_helper_without_an_answer_leaves_the_registry_closed(
    helper: Path, closed_registry: Registry, errand: Errand
) -> None:
    assert helper.exists()
    stranger = connect()
    with stranger.api, pytest.raises(StepError, match=r"\[push-denied\]"):
        errand.digest(stranger, errand.reference(closed_registry))


@pytest.mark.filterwarnings("ignore:docker-credential-test not installed")
def test_a_credential_helper_that_is_missing_is_named(
    helper: Path, closed_registry: Registry, output: Output, cancel: threading.Event, errand: Errand
) -> None:
    helper.unlink()
    stranger = connect()
    reference = errand.reference(closed_registry)
    expected = rf"log in to {closed_registry.address}.*docker-credential-test .*\[credential-helper-failed\]"
    with stranger.api:
        with pytest.raises(EngineError, match=expected):
            errand.digest(stranger, reference)
        with pytest.raises(EngineError, match=expected):
            stranger.pull(reference, output, cancel)


def test_nothing_that_answers_may_be_tried_again(docker: SdkDocker, errand: Errand) -> None:
    with pytest.raises(PassingError, match=r"connection refused.*\[registry-unreachable\]"):
        errand.digest(docker, "127.0.0.1:1/image:1")


def test_a_push_to_nowhere_may_be_tried_again(docker: SdkDocker, errand: Errand) -> None:
    with pytest.raises(PassingError, match=r"cannot push .* connection refused.*\[registry-unreachable\]"):
        errand.push(docker, "127.0.0.1:1/image:1")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_fails_may_be_tried_again(
    docker: SdkDocker, status: int, cancel: threading.Event
) -> None:
    with answering(status) as address, pytest.raises(PassingError):
        docker.digest(f"{address}/image:1", None, cancel)


@contextlib.contextmanager
def answering(status: int) -> Iterator[str]:
    """A server with the same answer for everything but the question whether it is a registry."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.send_response(200 if self.path == "/v2/" else status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 -- as http.server calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_engine_that_cannot_look_into_registries_is_not_taken_to_find_nothing(
    cancel: threading.Event,
) -> None:
    """As Podman does, the server answers a call that it does not know with 404."""
    with answering(404) as address:
        api = docker_sdk.APIClient(f"tcp://{address}", version="1.41")
        with api, pytest.raises(EngineError, match=r"cannot look into registries.*\[engine-failed\]"):
            SdkDocker(api, buildkit=False).digest("127.0.0.1:1/image:1", None, cancel)


@pytest.mark.parametrize(
    "reason",
    [
        'Get "https://r.example/v2/": dial tcp 192.0.2.1:443: i/o timeout',
        'Get "https://r.example/v2/": net/http: TLS handshake timeout',
        "write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe",
        "read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer",
        'Put "https://r.example/v2/x/blobs/uploads/1": EOF',
        "dial tcp: lookup r.example on 192.0.2.53:53: server misbehaving",
        "toomanyrequests: Rate exceeded",
        "blob upload unknown to registry",
    ],
)
def test_what_engines_say_of_a_bad_connection_may_be_tried_again(reason: str) -> None:
    """Texts of moby, Go's net package and the distribution library: these cannot be brought about at will."""
    assert isinstance(refusal("push", "r.example/x:1", None, reason), PassingError)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("denied: requested access to the resource is denied", "push-denied"),
        ("unauthorized: authentication required", "push-denied"),
        ("unknown: configured as immutable tag", "push-refused"),
        ("name invalid: invalid repository name", "push-refused"),
        ("manifest invalid: manifest invalid", "push-refused"),
    ],
)
def test_what_a_registry_does_not_want_is_not_tried_again(reason: str, code: str) -> None:
    error = refusal("push", "r.example/x:1", None, reason)
    assert isinstance(error, StepError)
    assert [problem.code for problem in error.problems] == [code]


def test_a_look_at_a_silent_registry_is_cancelled(
    docker: SdkDocker, cancel: threading.Event, errand: Errand
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        timer = threading.Timer(0.3, cancel.set)
        timer.start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            errand.digest(docker, f"127.0.0.1:{silent.getsockname()[1]}/image:1")
        assert time.monotonic() - start < 5
        timer.join()


@pytest.fixture
def safe_registry(docker: SdkDocker, tmp_path: Path) -> Iterator[Registry]:
    """A registry with a certificate: not on loopback, where engines trust anybody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        try:
            outward.connect(("192.0.2.1", 9))  # which sends nothing
        except OSError:
            pytest.skip("this machine has no address but that of loopback")
        host = outward.getsockname()[0]
    with running(Registry(tmp_path, host, asks_for_login=True, authority=trustme.CA()), docker) as started:
        yield started


def test_an_unknown_authority_is_not_trusted(
    docker: SdkDocker, safe_registry: Registry, errand: Errand
) -> None:
    with pytest.raises(EngineError, match=rf"x509: .*certs\.d/{safe_registry.address}/ca\.crt") as error:
        errand.digest(docker, errand.reference(safe_registry), LOGIN)
    assert not isinstance(error.value, PassingError)


def test_an_authority_that_the_engine_knows_is_trusted(
    docker: SdkDocker, safe_registry: Registry, errand: Errand
) -> None:
    folder = CERTIFICATES / safe_registry.address
    try:
        folder.mkdir(parents=True)
    except PermissionError:
        pytest.skip(f"only root may write to {CERTIFICATES}")
    shutil.copy(safe_registry.folder / "authority.pem", folder / "ca.crt")
    try:
        reference = errand.reference(safe_registry)
        digest = errand.push(docker, reference, LOGIN)
        assert digest == safe_registry.digest(errand.name, "1") == errand.digest(docker, reference, LOGIN)
    finally:
        shutil.rmtree(folder)
        with contextlib.suppress(OSError):  # it holds the authorities of others
            CERTIFICATES.rmdir()


def test_a_registry_is_known_to_hold_an_image_though_the_engine_has_forgotten(
    docker: SdkDocker, registry: Registry, errand: Errand
) -> None:
    digest = errand.push(docker, errand.reference(registry))
    forgetful = docker.image(errand.image.id)
    assert forgetful
    assert forgetful.digests == ()
    assert errand.is_held(docker, f"{registry.address}/{errand.name}@{digest}")
    assert docker.image(errand.image.id) == errand.image


@pytest.mark.parametrize("content", [bytes(1024), b"x"], ids=["of the same layers", "of other layers"])
def test_another_image_is_told_apart_and_leaves_nothing(
    docker: SdkDocker, registry: Registry, content: bytes, errand: Errand
) -> None:
    name = f"{registry.address}/{errand.name}"
    docker.api.import_image_from_data(layer(content), name, "1", ["LABEL other=yes"])
    digest = docker.push(f"{name}:1", None, errand.output, errand.cancel)
    forget(docker, name)
    assert not errand.is_held(docker, f"{name}@{digest}")
    assert docker.image(f"{name}@{digest}") is None
    assert docker.image(errand.image.id) == errand.image
    assert docker.api.images(quiet=True, all=True, filters={"label": "other=yes"}) == []


def layer(content: bytes) -> bytes:
    """A layer that holds a file with some content and random bytes; an empty one for an empty tar file."""
    if not content.strip(b"\0"):
        return content
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        data = content + os.urandom(100)
        member = tarfile.TarInfo("file")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return archive.getvalue()


def test_an_image_stays_when_its_last_reference_is_taken_back(docker: SdkDocker, errand: Errand) -> None:
    docker.untag(errand.image.tags[0])
    assert docker.image(errand.image.tags[0]) is None
    left = docker.image(errand.image.id)
    assert left
    assert left.tags == ()


def test_a_reference_that_is_not_there_can_be_taken_back(docker: SdkDocker) -> None:
    docker.untag("pipeline-dsl-test:nowhere")
