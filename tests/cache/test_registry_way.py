"""The way to a registry: connections, further tries, redirects, TLS, proxies, and how failures are told."""

from __future__ import annotations

import contextlib
import gc
import http.server
import json
import os
import shutil
import socket
import struct
import sys
import time
import uuid
import warnings
from typing import TYPE_CHECKING

import pytest
import trustme

from pipeline_dsl.cache.registry import Options, Registry, RegistryError, Repository
from pipeline_dsl.cache.registry.proxies import Origin, proxy_for
from tests import registry as registries
from tests.cache.servers import Handler, Seen, outward, relay, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker

LOGIN = (registries.USER, registries.PASSWORD)
PLAIN = Options(environ={})


def unhurried(pauses: list[float]) -> Options:
    """Give options under which pauses are noted and not made."""
    return Options(environ={}, pause=pauses.append)


@contextlib.contextmanager
def asking(handler: type[http.server.BaseHTTPRequestHandler], options: Options = PLAIN) -> Iterator[Registry]:
    """Run a server, and give a client for it."""
    with serving(handler) as address, Registry(Repository(address, "cache"), None, options) as client:
        yield client


def answering(statuses: Sequence[int | str], headers: dict[str, str] | None = None) -> type[Handler]:
    """Give a server with these answers, one after the other; "reset" for none, "cut" for the half of one."""
    left = list(statuses)

    class Answers(Handler):
        def do_HEAD(self) -> None:  # noqa: N802 -- as http.server calls it
            status = left.pop(0) if left else 404
            if isinstance(status, int):
                return self.reply(status, b"the text of a server", headers)
            if status == "cut":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            else:
                hang_up = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hang_up)
            self.close_connection = True
            return None

        do_GET = do_POST = do_PUT = do_HEAD  # noqa: N815 -- as http.server calls them

        def finish(self) -> None:
            super().finish()
            if self.close_connection:
                self.connection.close()

    return Answers


@pytest.mark.parametrize("first", [429, 500, 502, 503, 504, "reset"])
def test_what_may_pass_is_tried_again(first: int | str) -> None:
    pauses: list[float] = []
    with asking(answering([first, first]), unhurried(pauses)) as client:
        assert client.exists("one") is None
    assert pauses == [0.2, 1.0]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, "reset"])
def test_what_does_not_pass_is_told_after_three_tries(status: int | str) -> None:
    pauses: list[float] = []
    with asking(answering([status] * 3), unhurried(pauses)) as client:
        reason = f"it answers {status}" if isinstance(status, int) else "the connection was lost"
        with pytest.raises(RegistryError, match=rf"cannot read {client.repository}:one: {reason}") as error:
            client.manifest("one")
    assert error.value.is_passing
    assert len(pauses) == 2


@pytest.mark.parametrize("status", [400, 405, 418, 501])
def test_what_will_not_pass_is_told_at_once(status: int) -> None:
    pauses: list[float] = []
    with (
        asking(answering([status]), unhurried(pauses)) as client,
        pytest.raises(RegistryError, match=f"it answers {status}") as error,
    ):
        client.exists("one")
    assert not error.value.is_passing
    assert pauses == []


@pytest.mark.parametrize(("asked", "pauses"), [("3", [3.0]), ("60", []), ("soon", [0.2])])
def test_a_server_may_ask_for_a_short_pause(asked: str, pauses: list[float]) -> None:
    made: list[float] = []
    with asking(answering([429], {"Retry-After": asked}), unhurried(made)) as client:
        if pauses:
            assert client.exists("one") is None
        else:
            with pytest.raises(RegistryError, match="429"):
                client.exists("one")
    assert made == pauses


def test_an_answer_that_is_cut_is_no_answer() -> None:
    pauses: list[float] = []
    with asking(answering(["cut"]), unhurried(pauses)) as client:
        assert client.manifest("one") is None
        assert pauses == [0.2]
    with (
        asking(answering(["cut"])) as client,
        pytest.raises(RegistryError, match="the connection was lost") as error,
    ):
        b"".join(client.blob(f"sha256:{'0' * 64}"))
    assert error.value.is_passing


def test_where_nothing_listens_nothing_is_waited_for() -> None:
    pauses: list[float] = []
    client = Registry(Repository("127.0.0.1:1", "cache"), None, unhurried(pauses))
    with pytest.raises(
        RegistryError, match=r"cannot look for 127\.0\.0\.1:1/cache:one: connection refused"
    ) as error:
        client.exists("one")
    assert error.value.is_passing
    assert pauses == []


def test_a_silent_server_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with (
            Registry(Repository(address, "cache"), None, Options(environ={}, patience=0.2)) as client,
            pytest.raises(RegistryError, match="no answer in time") as error,
        ):
            client.exists("one")
    assert error.value.is_passing
    assert time.monotonic() - start < 5


def test_what_is_no_registry_is_told() -> None:
    class Chatter(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")

    with (
        asking(Chatter) as client,
        pytest.raises(RegistryError, match="does not answer as a registry does") as error,
    ):
        client.exists("one")
    assert not error.value.is_passing


def test_a_page_is_no_manifest() -> None:
    with (
        asking(answering([200], {"Content-Type": "text/html"})) as client,
        pytest.raises(RegistryError, match="its manifest is of no kind that is known here"),
    ):
        client.manifest("one")


def test_an_answer_without_end_is_not_read() -> None:
    class Endless(Handler):
        def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 20))
            except ConnectionError:
                self.close_connection = True

    with asking(Endless) as client, pytest.raises(RegistryError, match="more than 4194304 bytes"):
        client.manifest("one")


def test_a_digest_that_is_not_told_is_worked_out() -> None:
    """A registry need not tell it; ours does, so one that has lost its voice stands in."""
    content = json.dumps({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}).encode()

    class Quiet(Handler):
        def do_GET(self) -> None:  # noqa: N802 -- as http.server calls it
            self.reply(200, content)

        do_HEAD = do_GET  # noqa: N815 -- as http.server calls it

    with asking(Quiet) as client:
        manifest = client.manifest("one")
        assert manifest is not None
        assert client.exists("one") == manifest.digest


@pytest.mark.engine
def test_a_registry_that_was_started_again_is_the_same(docker: SdkDocker, tmp_path: Path) -> None:
    """Connections that it does not know any more are no reason for a pause."""
    pauses: list[float] = []
    with (
        registries.running(registries.Registry(tmp_path), docker) as registry,
        Registry(Repository(registry.address, "cache"), None, unhurried(pauses)) as client,
    ):
        pushed = client.push_document("one", b"{}")
        registry.stop()
        registry.start()
        assert client.exists("one") == pushed
        registry.stop()
        registry.start()
        assert client.push_document("two", b'{"a": 1}', [(b"blob", "a/b", {})]) == client.exists("two")
    assert pauses == []


def test_connections_are_kept() -> None:
    connections: list[object] = []

    class Counting(Handler):
        def setup(self) -> None:
            super().setup()
            connections.append(self)

        def do_HEAD(self) -> None:  # noqa: N802 -- as http.server calls it
            self.reply(404)

    with asking(Counting) as client:
        for number in range(5):
            assert client.exists(f"tag-{number}") is None
    assert len(connections) == 1


def test_a_blob_may_be_elsewhere_where_nobody_learns_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in clouds, the registry sends us to where its blobs are."""
    seen: list[tuple[str, str | None]] = []
    folder = tmp_path / "images"

    class Files(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **rest: object) -> None:
            super().__init__(*arguments, directory=str(folder), **rest)  # type: ignore[arg-type]

        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization")))
            super().do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    registry = registries.Registry(tmp_path, asks_for_login=True)
    with serving(Files) as address:
        redirect_blobs(monkeypatch, address)
        registry.start()
        try:
            with Registry(Repository(registry.address, "cache"), LOGIN) as client:
                content = os.urandom(1000)
                client.push_document("one", b"{}", [(content, "a/b", {})])
                manifest = client.manifest("one")
                assert manifest is not None
                assert b"".join(client.blob(manifest.layers[0].digest)) == content
        finally:
            registry.stop()
    assert [login for _, login in seen] == [None]


def redirect_blobs(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Have a registry that is started send its readers to another server."""
    setting = [{"name": "redirect", "options": {"baseurl": f"http://{address}"}}]
    monkeypatch.setenv("REGISTRY_MIDDLEWARE_STORAGE", json.dumps(setting))


def test_a_place_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = registries.Registry(tmp_path)
    registry.start()
    try:
        with Registry(Repository(registry.address, "cache")) as client:
            client.push_document("one", bytes(100_000))
            redirect_blobs(monkeypatch, "localhost:1")
            registry.stop()
            registry.start()
            with pytest.raises(
                RegistryError, match="it sends us to localhost, but there: connection refused"
            ) as error:
                client.document("one")
    finally:
        registry.stop()
    assert error.value.is_passing


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_place_that_leads_to_itself_is_left(status: int) -> None:
    headers = {"Location": "/v2/cache/blobs/elsewhere?key=secret"}
    with (
        asking(answering([status] * 9, headers)) as client,
        pytest.raises(RegistryError, match="from place to place") as error,
    ):
        b"".join(client.blob(f"sha256:{'0' * 64}"))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("location", ["ftp://a.example/secret", "http://[secret", "http://a b:x/secret"])
def test_a_place_that_is_none_is_told(location: str) -> None:
    with (
        asking(answering([307], {"Location": location})) as client,
        pytest.raises(RegistryError, match="names an address that cannot be asked") as error,
    ):
        b"".join(client.blob(f"sha256:{'0' * 64}"))
    assert "secret" not in str(error.value)


@pytest.fixture
def safe(docker: SdkDocker, tmp_path: Path) -> Iterator[registries.Registry]:
    """A registry with a certificate, at an address that is not loopback's."""
    (tmp_path / "registry").mkdir()
    registry = registries.Registry(tmp_path / "registry", outward(), True, trustme.CA())  # noqa: FBT003
    with registries.running(registry, docker) as started:
        yield started


def trusting(registry: registries.Registry, folder: Path, environ: dict[str, str] | None = None) -> Options:
    """Give options under which the authority of a registry is known."""
    (folder / registry.address).mkdir(parents=True)
    shutil.copy(registry.folder / "authority.pem", folder / registry.address / "ca.crt")
    return Options(environ=environ or {}, certificates=folder)


@pytest.mark.engine
def test_an_authority_that_docker_would_trust_is_trusted(safe: registries.Registry, tmp_path: Path) -> None:
    options = trusting(safe, tmp_path / "certs.d")
    with Registry(Repository(safe.address, "cache"), LOGIN, options) as client:
        content = os.urandom(600_000)
        (tmp_path / "file").write_bytes(content)
        pushed = client.push_document("one", b"{}", [(tmp_path / "file", "a/b", {})])
        manifest = client.manifest("one")
        assert manifest is not None
        assert manifest.digest == pushed == safe.digest("cache", "one")
        assert b"".join(client.blob(manifest.layers[0].digest)) == content


@pytest.mark.engine
def test_authorities_are_where_docker_has_them(safe: registries.Registry) -> None:
    try:
        trusting(safe, registries.CERTIFICATES)
    except PermissionError:
        pytest.skip(f"only root may write to {registries.CERTIFICATES}")
    try:
        with Registry(
            Repository(safe.address, "cache"), LOGIN, Options(certificates=registries.CERTIFICATES)
        ) as client:
            assert client.exists("one") is None
    finally:
        shutil.rmtree(registries.CERTIFICATES / safe.address)
        with contextlib.suppress(OSError):  # it holds the authorities of others
            registries.CERTIFICATES.rmdir()


@pytest.mark.engine
def test_an_authority_that_nobody_knows_is_told(safe: registries.Registry, tmp_path: Path) -> None:
    options = Options(environ={}, certificates=tmp_path)
    with (
        Registry(Repository(safe.address, "cache"), LOGIN, options) as client,
        pytest.raises(RegistryError, match="its certificate is not trusted: unable to get") as error,
    ):
        client.exists("one")
    assert not error.value.is_passing


@pytest.mark.engine
def test_plain_http_is_spoken_elsewhere_only_if_asked_for(docker: SdkDocker, tmp_path: Path) -> None:
    with registries.running(registries.Registry(tmp_path, outward()), docker) as registry:
        repository = Repository(registry.address, "cache")
        with (
            Registry(repository, None, Options(environ={})) as client,
            pytest.raises(RegistryError, match="TLS failed"),
        ):
            client.exists("one")
        with Registry(repository, None, Options(environ={}, insecure=True)) as client:
            assert client.push_document("one", b"{}") == client.exists("one")


@pytest.mark.engine
def test_a_proxy_leads_to_a_registry(safe: registries.Registry, tmp_path: Path) -> None:
    seen: list[Seen] = []
    with serving(relay(seen)) as address:
        environ = {"https_proxy": f"http://someone:pass%2Fword@{address}", "HTTP_PROXY": "http://127.0.0.1:1"}
        options = trusting(safe, tmp_path / "certs.d", environ)
        with Registry(Repository(safe.address, "cache"), LOGIN, options) as client:
            assert client.push_document("one", b"{}") == client.exists("one")
    assert seen == [Seen("CONNECT", safe.address, "", "Basic c29tZW9uZTpwYXNzL3dvcmQ=")]


@pytest.mark.engine
def test_a_proxy_leads_to_a_registry_without_tls(docker: SdkDocker, tmp_path: Path) -> None:
    seen: list[Seen] = []
    with (
        registries.running(registries.Registry(tmp_path, outward()), docker) as registry,
        serving(relay(seen)) as address,
    ):
        environ = {"HTTP_PROXY": address}
        options = Options(environ=environ, insecure=True)
        with Registry(Repository(registry.address, "cache"), None, options) as client:
            assert client.push_document("one", b"{}") == client.exists("one")
    assert {each.target.partition("/v2/")[0] for each in seen} == {f"http://{registry.address}"}


@pytest.mark.engine
@pytest.mark.parametrize("exception", ["*", "{host}", "a.example, {host}:{port}", "{network}"])
def test_no_proxy_leads_where_none_should(safe: registries.Registry, tmp_path: Path, exception: str) -> None:
    network = safe.host.rpartition(".")[0] + ".0/24"
    without = exception.format(host=safe.host, port=safe.port, network=network)
    environ = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": without}
    options = trusting(safe, tmp_path / "certs.d", environ)
    with Registry(Repository(safe.address, "cache"), LOGIN, options) as client:
        assert client.exists("one") is None


@pytest.mark.engine
def test_no_proxy_leads_to_this_machine(registry: registries.Registry) -> None:
    options = Options(environ={"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"})
    with Registry(Repository(registry.address, f"cache/{uuid.uuid4().hex}"), None, options) as client:
        assert client.exists("one") is None


def test_a_proxy_that_does_not_lead_there_is_told() -> None:
    class Closed(Handler):
        def do_CONNECT(self) -> None:  # noqa: N802 -- as http.server calls it
            self.reply(407, b"the secret")

    with serving(Closed) as address:
        options = Options(environ={"HTTPS_PROXY": f"http://someone:secret@{address}"})
        with (
            Registry(Repository("registry.invalid", "cache"), None, options) as client,
            pytest.raises(RegistryError, match="the proxy does not lead there") as error,
        ):
            client.exists("one")
    assert "secret" not in str(error.value)
    if sys.version_info < (3, 11, 4):  # which leave the connection to such a proxy to be collected
        del error
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()


@pytest.mark.parametrize(
    "named", ["socks5://secret@a.example", "https://secret@a.example", "http://:x", "http://[secret"]
)
def test_a_proxy_that_cannot_be_spoken_to_is_told(named: str) -> None:
    client = Registry(Repository("registry.invalid", "cache"), None, Options(environ={"HTTPS_PROXY": named}))
    with pytest.raises(RegistryError, match="HTTPS_PROXY names no proxy of the form") as error:
        client.exists("one")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("exceptions", "is_direct"),
    [
        ("", False),
        ("example", True),
        (".example", True),
        ("*.example", True),
        ("REGISTRY.example", True),
        ("registry.example:443", True),
        ("registry.example:444", False),
        ("try.example", False),
        ("a, ,registry.example", True),
        ("10.0.0.0/8", False),
    ],
)
def test_names_without_proxy_are_read_as_elsewhere(exceptions: str, *, is_direct: bool) -> None:
    environ = {"https_proxy": "http://a.example:3128", "no_proxy": exceptions}
    found = proxy_for(Origin("https", "registry.example", 443), environ)
    assert (found is None) == is_direct
