"""Builds whose context the engine takes from a session, by a real engine."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import select
import socket
import ssl
import subprocess
import tarfile
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.context.ignore import Ignore
from pipeline_dsl.context.listing import Listing
from pipeline_dsl.context.reading import ContextFile, Kind, read_context
from pipeline_dsl.context.selection import Selection
from pipeline_dsl.engine.docker import BuildRequest, Cancelled, LocalFiles
from pipeline_dsl.engine.events import Stream
from pipeline_dsl.engine.sdk import build
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.engine.sdk.session.call import Messages
from pipeline_dsl.engine.sdk.session.services import Services
from pipeline_dsl.engine.sdk.session.session import Session, session
from pipeline_dsl.engine.sdk.session.session_pb2 import HealthCheckResponse, Packet
from pipeline_dsl.engine.sdk.session.source import Context
from pipeline_dsl.engine.tarball import pack
from pipeline_dsl.errors import EngineError, StepError
from tests.registry import PASSWORD, USER, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker as sdk

    from pipeline_dsl.engine.docker import BuildResult, Output
    from pipeline_dsl.engine.sdk.client import SdkDocker

Make: TypeAlias = "Callable[[SdkDocker, BuildRequest], BuildResult]"

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
MTIME = 1_600_000_000_123_456_789
RUN = uuid.uuid4().hex
"""Keeps what engines have of directories of earlier runs, which had the same names, out of this one."""


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[Session | None]:
    """The sessions that builds have offered; None for each whose context was sent whole."""
    offered: list[Session | None] = []

    @contextlib.contextmanager
    def noted(api: sdk.APIClient, request: BuildRequest) -> Iterator[Session | None]:
        with session(api, request) as one:
            offered.append(one)
            yield one

    monkeypatch.setattr(build, "session", noted)
    return offered


def local(root: Path) -> LocalFiles:
    """All files of a directory."""
    files = read_context(root, [Selection((".",))], Ignore())
    return LocalFiles(Listing.of(files, map(content, files)), place=f"{RUN} {root}")


def content(file: ContextFile) -> str:
    """What a file has to hold."""
    is_regular = file.kind is Kind.REGULAR
    return hashlib.sha256(Path(file.source).read_bytes()).hexdigest() if is_regular else ""


def request(dockerfile: str, files: LocalFiles) -> BuildRequest:
    whole = files.listing
    return BuildRequest(
        dockerfile, "production", lambda extra: pack(whole.files, extra, whole.contents), files=files
    )


def copying(base: str, *more: str) -> str:
    return "\n".join([f"FROM {base} AS production", "COPY . /tree/", *more, ""])


def sent(offered: Session | None) -> int:
    assert offered is not None
    return offered.sent


@dataclasses.dataclass(frozen=True)
class Member:
    kind: bytes
    mode: int
    owner: tuple[int, int]
    target: str
    content: bytes
    seconds: float


def members(packed: bytes) -> dict[str, Member]:
    """What a tar file holds, by path."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            member.name: Member(
                member.type,
                member.mode,
                (member.uid, member.gid),
                member.linkname,
                taken.read() if member.isreg() and (taken := archive.extractfile(member)) else b"",
                # Engines do not keep the times of directories: they change them when they write files.
                0.0 if member.isdir() else float(member.mtime),
            )
            for member in archive
        }


def layer(docker: SdkDocker, image: str) -> dict[str, Member]:
    """The files of the last layer of an image, as they would be pushed."""
    saved = b"".join(docker.api.get_image(image))
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        last = archive.extractfile(json.load(manifest)[0]["Layers"][-1])
        assert last is not None
        found = members(last.read())
    # A context that is sent whole has our Dockerfile in it.
    return {path: one for path, one in found.items() if ".pipeline-dsl" not in path}


@pytest.fixture
def make(output: Output, cancel: threading.Event) -> Make:
    """Builds an image."""
    return lambda docker, asked: docker.build(asked, output, cancel)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with much that can be in one."""
    root = tmp_path / "tree"
    for name in ("a", "a.b", "a/b", "a-b", "a b", "d/e/f", "empty", "näme", "d/" + "l" * 120):
        if name not in ("a", "d", "empty"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(name)
        else:
            (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("new\nline", "back\\slash", "qu'o\"te", "*", "[x]", " ", "😀", ".hidden", ".dockerignore"):
        (root / name).write_bytes(b"")
    (root / ".dockerignore").write_text("*\n")
    for number, target in enumerate(("a", "nowhere", "/etc/passwd", "../..", "t" * 200, "zïel")):
        (root / f"link{number}").symlink_to(target)
    for mode in (0o000, 0o400, 0o644, 0o755, 0o4755, 0o2755, 0o1777, 0o6711):
        (root / f"mode{mode:o}").write_text(f"{mode:o}")
        (root / f"mode{mode:o}").chmod(mode)
    (root / "empty").chmod(0o1777)
    (root / "d").chmod(0o2750)
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, ns=(MTIME, MTIME), follow_symlinks=False)
    (root / "new").write_text(f"{uuid.uuid4()}: what no build has met before is not cached")
    return root


def test_an_image_is_the_same_as_if_the_context_was_sent_whole(
    docker: SdkDocker,
    base: str,
    tree: Path,
    make: Make,
    sessions: list[Session | None],
) -> None:
    (tree / "big").write_bytes(os.urandom(20_000_000))
    for number in range(2000):
        path = tree / "many" / f"{number % 20}" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number} {uuid.uuid4()}")
    asked = request(copying(base), local(tree))
    images = [make(docker, one).image for one in (asked, dataclasses.replace(asked, files=None))]
    by_session, whole = (layer(docker, image) for image in images)
    assert by_session == whole
    assert len(whole) > 2040
    assert all(member.seconds == int(member.seconds) for member in by_session.values())
    # Engine 20.10 looks at .dockerignore, too.
    size = sum(len(member.content) for member in whole.values())
    assert size <= sent(sessions[0]) <= size + len(whole["tree/.dockerignore"].content)
    assert sessions[1] is None


def test_only_what_has_changed_is_sent(
    docker: SdkDocker,
    base: str,
    tree: Path,
    make: Make,
    sessions: list[Session | None],
) -> None:
    make(docker, request(copying(base), local(tree)))
    first = sent(sessions.pop())
    (tree / "a" / "b").write_text("changed")
    image = make(docker, request(copying(base), local(tree))).image
    assert first > sent(sessions.pop()) == len("changed")
    assert layer(docker, image)["tree/a/b"].content == b"changed"


def test_content_that_changed_under_the_same_size_and_time_is_sent(
    docker: SdkDocker, base: str, tree: Path, make: Make
) -> None:
    make(docker, request(copying(base), local(tree)))
    before = (tree / "d/e/f").stat()
    (tree / "d/e/f").write_text("F/E/D")
    os.utime(tree / "d/e/f", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (tree / "d/e/f").stat().st_mtime_ns == before.st_mtime_ns
    image = make(docker, request(copying(base), local(tree))).image
    assert layer(docker, image)["tree/d/e/f"].content == b"F/E/D"


def test_what_is_gone_or_something_else_is_so_in_the_image(
    docker: SdkDocker, base: str, tree: Path, make: Make
) -> None:
    make(docker, request(copying(base), local(tree)))
    (tree / "a b").unlink()
    (tree / "a" / "b").unlink()
    (tree / "a").rmdir()
    (tree / "a").write_text("a file")
    (tree / "a-b").unlink()
    (tree / "a-b").mkdir()
    (tree / "a-b" / "inside").write_text("new")
    (tree / "link1").unlink()
    (tree / "link1").symlink_to("somewhere")
    (tree / "mode644").chmod(0o4700)
    asked = request(copying(base), local(tree))
    again = make(docker, asked).image
    whole = make(docker, dataclasses.replace(asked, files=None, no_cache=True)).image
    assert layer(docker, again) == layer(docker, whole)
    assert "tree/a b" not in layer(docker, again)


def test_the_same_files_elsewhere_and_of_another_time_are_cached(
    docker: SdkDocker,
    base: str,
    tree: Path,
    make: Make,
    sessions: list[Session | None],
) -> None:
    (tree / "d/e/f").write_text(uuid.uuid4().hex)
    first = make(docker, request(copying(base), local(tree)))
    elsewhere = tree.with_name("elsewhere")
    subprocess.run(["cp", "-r", "--preserve=mode,links", tree, elsewhere], check=True)
    again = make(docker, request(copying(base), local(elsewhere)))
    assert (len(first.executed), again) == (1, dataclasses.replace(first, executed=()))
    assert sent(sessions[0]) == sent(sessions[1])


def test_builds_at_the_same_time_have_their_own_files(
    docker: SdkDocker, base: str, tmp_path: Path, make: Make
) -> None:
    """Also when they are taken for the same context."""
    words = [uuid.uuid4().hex for _ in range(4)]
    images: dict[str, str] = {}

    def build_with(word: str) -> None:
        (tmp_path / word).mkdir()
        (tmp_path / word / "word").write_text(word)
        files = dataclasses.replace(local(tmp_path / word), place="the same")
        images[word] = make(docker, request(copying(base), files)).image

    threads = [threading.Thread(target=build_with, args=(word,)) for word in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {word: layer(docker, image)["tree/word"].content for word, image in images.items()} == {
        word: word.encode() for word in words
    }


@pytest.mark.parametrize("content", ["FILE", "file and more", ""], ids=["other", "longer", "shorter"])
def test_a_file_that_changed_after_it_was_found_ends_the_build(
    docker: SdkDocker, base: str, tmp_path: Path, make: Make, content: str
) -> None:
    (tmp_path / "file").write_text("file")
    asked = request(copying(base), local(tmp_path))
    (tmp_path / "file").write_text(content)
    with pytest.raises(StepError, match=r'file" changed while it was being read\. Run again\. \[context-ch'):
        make(docker, asked)


def test_a_file_that_is_gone_ends_the_build(docker: SdkDocker, base: str, tmp_path: Path, make: Make) -> None:
    (tmp_path / "file").write_text("file")
    asked = request(copying(base), local(tmp_path))
    (tmp_path / "file").unlink()
    with pytest.raises(StepError, match=r'file" cannot be read: No such file .*\[context-unreadable\]'):
        make(docker, asked)


@pytest.fixture
def slow(tmp_path: Path) -> tuple[LocalFiles, Path]:
    """Files of which one cannot be read before somebody writes to it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    file = ContextFile("file", str(pipe), Kind.REGULAR, 0o644, 1000, time.time_ns())
    return LocalFiles(Listing.of([file], [uuid.uuid4().hex * 2]), place=RUN), pipe


def test_a_build_is_cancelled_while_a_file_is_sent(
    docker: SdkDocker,
    base: str,
    slow: tuple[LocalFiles, Path],
    make: Make,
    cancel: threading.Event,
) -> None:
    cancelled_at = 0.0

    def cancel_when_it_is_read() -> None:
        nonlocal cancelled_at
        with slow[1].open("wb") as writer:  # waits for a reader
            writer.write(bytes(10))
            writer.flush()
            cancelled_at = time.monotonic()
            cancel.set()
            stopped.wait()

    stopped = threading.Event()
    thread = threading.Thread(target=cancel_when_it_is_read)
    thread.start()
    with pytest.raises(Cancelled):
        make(docker, request(copying(base), slow[0]))
    took = time.monotonic() - cancelled_at
    stopped.set()
    thread.join()
    assert took < 2


def test_an_engine_that_is_lost_while_a_file_is_sent_is_said_to_be(
    wire: tuple[SdkDocker, Output],
    base: str,
    slow: tuple[LocalFiles, Path],
    make: Make,
) -> None:
    distant, cut = wire

    def cut_when_it_is_read() -> None:
        with slow[1].open("wb"):
            cut(Stream.STDOUT, "started")

    thread = threading.Thread(target=cut_when_it_is_read)
    thread.start()
    with pytest.raises(EngineError, match=r"lost the connection .*\[engine-lost\]"):
        make(distant, request(copying(base), slow[0]))
    thread.join()


def test_a_session_leaves_nothing_open(docker: SdkDocker, base: str, tmp_path: Path, make: Make) -> None:
    def count() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    make(docker, request(copying(base), local(tmp_path)))
    before = count()
    for _ in range(3):
        make(docker, request(copying(base), local(tmp_path)))
    assert count() <= before


def test_names_that_are_not_utf_8_are_sent_whole(
    docker: SdkDocker,
    base: str,
    tmp_path: Path,
    make: Make,
    sessions: list[Session | None],
) -> None:
    (tmp_path / os.fsdecode(b"n\xff")).write_text("name")
    (tmp_path / "link").symlink_to(os.fsdecode(b"l\xff"))
    image = make(docker, request(copying(base, "RUN ls /tree/n* && readlink /tree/link"), local(tmp_path)))
    assert image.steps == 2
    (tmp_path / os.fsdecode(b"n\xff")).unlink()
    make(docker, request(copying(base), local(tmp_path)))
    assert sessions == [None, None]


def test_a_time_that_is_beyond_nanoseconds_is_sent_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("file")
    assert Context(local(tmp_path).listing).can_be_listed
    os.utime(tmp_path / "file", (2**34, 2**34))
    assert not Context(local(tmp_path).listing).can_be_listed


class Front:
    """Stands before an engine, in its own words or in none.

    Arguments:
        refuses: no session is opened.
        secured: speaks TLS if given.
    """

    def __init__(self, *, refuses: bool = False, secured: ssl.SSLContext | None = None) -> None:
        self._refuses = refuses
        self._secured = secured
        self._server = socket.create_server(("127.0.0.1", 0))
        self.host = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        threading.Thread(target=self._serve, daemon=True).start()
        try:
            yield
        finally:
            self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as far:
            if self._secured:
                near = self._secured.wrap_socket(near, server_side=True)
            with near:
                far.connect(ENGINE)
                self._exchange(near, far)

    def _exchange(self, near: socket.socket, far: socket.socket) -> None:
        while True:
            pending = isinstance(near, ssl.SSLSocket) and near.pending()
            ready = [near] if pending else select.select([near, far], [], [])[0]
            for source in ready:
                piece = source.recv(65536)
                if not piece:
                    return
                if self._refuses and source is near and b"/session HTTP" in piece.partition(b"\r\n")[0]:
                    near.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                else:
                    (far if source is near else near).sendall(piece)


@pytest.fixture(params=["tcp", "tls"])
def front(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Has DOCKER_HOST name the engine as if it was on another machine."""
    secured = _secured(monkeypatch, tmp_path / "certificates") if request.param == "tls" else None
    engine = Front(secured=secured)
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    with engine.open():
        yield


def _secured(monkeypatch: pytest.MonkeyPatch, folder: Path) -> ssl.SSLContext:
    """Have the SDK use TLS, and give what an engine needs that it trusts."""
    for bundle in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # which it would trust instead
        monkeypatch.delenv(bundle, raising=False)
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(folder))
    authority = trustme.CA()
    folder.mkdir()
    mine = authority.issue_cert("client.example")
    mine.private_key_pem.write_to_path(folder / "key.pem")
    mine.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.usefixtures("front")
def test_a_session_goes_through_a_network(
    base: str, tree: Path, make: Make, sessions: list[Session | None]
) -> None:
    (tree / "big").write_bytes(os.urandom(3_000_000))
    distant = connect()
    with distant.api:
        image = make(distant, request(copying(base), local(tree))).image
        found = layer(distant, image)
    assert found["tree/big"].content == (tree / "big").read_bytes()
    assert sent(sessions[0]) > 3_000_000


def test_an_engine_that_refuses_sessions_is_sent_the_whole_context(
    monkeypatch: pytest.MonkeyPatch,
    base: str,
    tmp_path: Path,
    make: Make,
    sessions: list[Session | None],
) -> None:
    (tmp_path / "file").write_text(uuid.uuid4().hex)
    front = Front(refuses=True)
    monkeypatch.setenv("DOCKER_HOST", front.host)
    with front.open():
        distant = connect()
        with distant.api:
            image = make(distant, request(copying(base), local(tmp_path))).image
            assert layer(distant, image)["tree/file"].content == (tmp_path / "file").read_bytes()
    assert sessions == [None]


@pytest.fixture
def secret(
    docker: SdkDocker, base: str, closed_registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> str:
    """An image that is in a registry only, and there for those who log in; docker's configuration does."""
    reference = f"{closed_registry.address}/{uuid.uuid4().hex}:1"
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    configuration = {"auths": {closed_registry.address: {"auth": token}}}
    (tmp_path / "config.json").write_text(json.dumps(configuration))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    docker.tag(base, reference)
    member = connect()
    with member.api:
        member.push(reference, None, lambda *_: None, threading.Event())
    docker.remove_reference(reference)
    return reference


def test_the_engine_pulls_with_the_login_of_dockers_configuration(
    secret: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(f"FROM {secret} AS production\nCOPY . /\n", LocalFiles(Listing.of([], []), RUN))
    member = connect()
    with member.api:
        assert make(member, asked).steps == 1
    monkeypatch.setenv("DOCKER_CONFIG", "/nonexistent")
    stranger = connect()
    with stranger.api, pytest.raises(StepError, match=r"authorization|no basic auth|401"):
        make(stranger, dataclasses.replace(asked, no_cache=True))


def test_an_engine_is_told_that_the_session_lives(docker: SdkDocker, tmp_path: Path) -> None:
    """It asks every few seconds, and ends a session that does not answer."""
    services = Services(docker.api, "", Context(local(tmp_path).listing))
    call = services.answer([(":path", "/grpc.health.v1.Health/Check")])
    output = call.output()
    assert next(output) == b""
    call.receive(b"")
    (answer,) = Messages().feed(b"".join(output))
    assert HealthCheckResponse.FromString(answer).status == HealthCheckResponse.SERVING


def listed(paths: list[str]) -> list[str]:
    files = [ContextFile(path, path, Kind.DIRECTORY, 0o755, 0, 0) for path in paths]
    packets = b"".join(Context(Listing.of(files, [""] * len(files))).packets())
    return [Packet.FromString(packet).stat.path for packet in Messages().feed(packets)]


@given(
    st.lists(st.lists(st.text("!.-0aä/".replace("/", ""), min_size=1, max_size=2), min_size=1, max_size=3))
)
def test_a_list_is_in_the_order_of_names(split: list[list[str]]) -> None:
    """Engines compare path by path, name by name, and each name byte by byte."""
    paths = {"/".join(names) for names in split}
    assert listed(list(paths)) == sorted(paths, key=lambda path: [name.encode() for name in path.split("/")])


def test_50000_files_are_listed_in_less_than_a_second() -> None:
    paths = [f"src/{number // 100:03}/{number:05}.js" for number in range(50_000)]
    files = [ContextFile(path, path, Kind.REGULAR, 0o644, 1234, MTIME) for path in paths]
    contents = [hashlib.sha256(path.encode()).hexdigest() for path in paths]
    start = time.process_time()
    assert sum(map(len, Context(Listing.of(files, contents)).packets())) > 2_000_000
    assert time.process_time() - start < 1
