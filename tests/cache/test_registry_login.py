"""How real registries are logged in to: with a given login, with docker's own configuration, with tokens."""

from __future__ import annotations

import base64
import json
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.cache.registry import Options, Registry, RegistryError, Repository
from pipeline_dsl.cache.registry.credentials import Credential, find_credential
from pipeline_dsl.cache.registry.failure import Failure
from tests import registry as registries
from tests.cache.servers import Seen, TokenServer, relay, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LOGIN = (registries.USER, registries.PASSWORD)
NOBODY = Options(environ={"DOCKER_CONFIG": "/nonexistent", "HOME": "/nonexistent"})


def auth(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def configured(folder: Path, configuration: Mapping[str, object]) -> Options:
    """Give options under which docker has a configuration."""
    (folder / "config.json").write_text(json.dumps(configuration))
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return Options(environ={"DOCKER_CONFIG": str(folder), "HOME": "/nonexistent", "PATH": path})


@pytest.fixture
def closed(closed_registry: registries.Registry) -> Repository:
    """A repository of a registry that asks for a login."""
    return Repository(closed_registry.address, f"cache/{uuid.uuid4().hex}")


@pytest.mark.engine
def test_a_login_opens_a_registry(closed: Repository) -> None:
    with Registry(closed, LOGIN, NOBODY) as client:
        assert client.exists("one") is None
        client.push_document("one", b"{}", [(b"blob", "text/plain", {})])
        found = client.document("one")
        assert found is not None
        assert b"".join(client.blob(found[1].layers[0].digest)) == b"blob"


@pytest.mark.engine
def test_a_registry_asks_for_a_login_once(closed: Repository) -> None:
    seen: list[Seen] = []
    with (
        serving(relay(seen, closed.host)) as address,
        Registry(Repository(address, "cache"), LOGIN) as client,
    ):
        assert client.exists("one") is client.exists("two") is None
    assert [bool(each.login) for each in seen] == [False, True, True]


@pytest.mark.engine
def test_without_a_login_the_way_to_one_is_told(closed: Repository) -> None:
    with Registry(closed, None, NOBODY) as client:
        with pytest.raises(
            RegistryError, match=rf'cannot look .*:one: .*"docker login {closed.host}"'
        ) as error:
            client.exists("one")
        assert not error.value.is_passing
        with pytest.raises(RegistryError, match=r"cannot push .*docker login"):
            client.push_document("one", b"{}")


@pytest.mark.engine
def test_a_wrong_login_is_told_and_not_shown(closed: Repository) -> None:
    with Registry(closed, (registries.USER, "wrong horse"), NOBODY) as client:
        for _ in range(2):
            with pytest.raises(RegistryError, match=r"cannot read .*: it refuses the login") as error:
                client.manifest("one")
            assert not error.value.is_passing
            assert "horse" not in f"{error.value!r}"


@pytest.mark.engine
def test_dockers_own_configuration_opens_a_registry(closed: Repository, tmp_path: Path) -> None:
    options = configured(tmp_path, {"auths": {closed.host: {"auth": auth(*LOGIN)}}})
    with Registry(closed, None, options) as client:
        assert client.push_document("one", b"{}") == client.exists("one")


@pytest.mark.engine
@pytest.mark.parametrize("place", ["credHelpers", "credsStore"])
def test_a_credential_helper_opens_a_registry(closed: Repository, tmp_path: Path, place: str) -> None:
    answer = json.dumps({"ServerURL": closed.host, "Username": LOGIN[0], "Secret": LOGIN[1]})
    helper(tmp_path, f"read server\n[ \"$1 $server\" = 'get {closed.host}' ] && echo '{answer}'")
    options = configured(tmp_path, {place: {closed.host: "test"} if place == "credHelpers" else "test"})
    with Registry(closed, None, options) as client:
        assert client.exists("one") is None


def helper(folder: Path, script: str) -> None:
    """Install a credential helper called ``test``."""
    program = folder / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.mark.engine
def test_threads_share_a_login(closed: Repository, tmp_path: Path) -> None:
    """A helper may ask its user for something, so it is started once."""
    answer = json.dumps({"Username": LOGIN[0], "Secret": LOGIN[1]})
    helper(tmp_path, f"echo . >> {tmp_path}/asked; sleep 0.1; echo '{answer}'")
    options = configured(tmp_path, {"credsStore": "test"})
    with Registry(closed, None, options) as client, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(client.exists, [f"tag-{number}" for number in range(16)])) == {None}
    assert (tmp_path / "asked").read_text() == ".\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'cannot open: the secret'; exit 1", "ended with code 1"),
        ('echo \'{"Username": "the secret\'', "its answer cannot be read"),
        ("echo '{}'", "its answer cannot be read"),
    ],
)
def test_a_credential_helper_that_fails_is_named(tmp_path: Path, script: str, reason: str) -> None:
    helper(tmp_path, script)
    options = configured(tmp_path, {"credsStore": "test"})
    with pytest.raises(Failure, match=f"docker-credential-test fails: .*{reason}") as error:
        find_credential("registry.example", options.environ)
    assert "the secret" not in error.value.reason


def test_a_credential_helper_that_is_missing_is_named(tmp_path: Path) -> None:
    options = configured(tmp_path, {"credHelpers": {"registry.example": "test"}})
    with pytest.raises(Failure, match=r"docker-credential-test fails: No such file"):
        find_credential("registry.example", options.environ)
    assert find_credential("other.example", options.environ) is None


@pytest.mark.parametrize(
    "script",
    ["echo credentials not found in native keychain; exit 1", 'echo \'{"Username": "", "Secret": ""}\''],
)
def test_what_a_credential_helper_does_not_know_is_looked_for_in_the_file(
    tmp_path: Path, script: str
) -> None:
    helper(tmp_path, script)
    auths = {"registry.example": {"auth": auth("user", "pass:word")}}
    options = configured(tmp_path, {"credsStore": "test", "auths": auths})
    assert find_credential("registry.example", options.environ) == Credential("user", "pass:word")
    assert find_credential("other.example", options.environ) is None


@pytest.mark.parametrize(
    ("host", "name", "entry", "expected"),
    [
        ("a.example", "https://a.example/v1/", {"auth": auth("u", "p")}, Credential("u", "p")),
        ("a.example", "http://a.example", {"identitytoken": "t"}, Credential("", "", "t")),
        ("a.example", "a.example", {"registrytoken": "t"}, Credential("", "", "", "t")),
        ("docker.io", "https://index.docker.io/v1/", {"auth": auth("u", "p")}, Credential("u", "p")),
        ("docker.io", "docker.io", {"auth": auth("u", "p")}, Credential("u", "p")),
        ("a.example:5000", "a.example", {"auth": auth("u", "p")}, None),
        ("a.example", "b.example", {"auth": auth("u", "p")}, None),
        ("a.example", "a.example", {}, None),
    ],
)
def test_logins_are_found_where_docker_keeps_them(
    tmp_path: Path, host: str, name: str, entry: dict[str, str], expected: Credential | None
) -> None:
    options = configured(tmp_path, {"auths": {name: entry}})
    assert find_credential(host, options.environ) == expected


@pytest.mark.parametrize("content", ["{", "[]", '{"auths": {"a.example": {"auth": "*the secret*é"}}}'])
def test_a_configuration_that_cannot_be_read_is_told(tmp_path: Path, content: str) -> None:
    options = configured(tmp_path, {})
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(Failure, match=r"docker's configuration") as error:
        find_credential("a.example", options.environ)
    assert "the secret" not in error.value.reason


def test_no_text_of_a_credential_shows_it() -> None:
    assert repr(Credential("a", "b", "c", "d")) == "Credential()"


@pytest.fixture
def tokens(tmp_path: Path) -> TokenServer:
    return TokenServer(tmp_path)


@pytest.fixture
def guarded(tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A repository of a registry that takes tokens, and nothing else."""
    (tmp_path / "registry").mkdir()
    with serving(tokens.handler()) as address:
        for name, value in tokens.environment(address).items():
            monkeypatch.setenv(name, value)
        registry = registries.Registry(tmp_path / "registry")
        registry.start()
        try:
            yield Repository(registry.address, "team/cache")
        finally:
            registry.stop()


def test_a_token_opens_a_registry(guarded: Repository, tokens: TokenServer) -> None:
    with Registry(guarded, (tokens.USER, tokens.PASSWORD), NOBODY) as client:
        pushed = client.push_document("one", b"{}", [(b"blob", "text/plain", {})])
        assert client.exists("one") == pushed
        assert b"".join(client.blob(client.manifest("one").layers[0].digest)) == b"blob"  # type: ignore[union-attr]
    scope = f"repository:{guarded.path}"
    assert [(how, what.rpartition(":")[0]) for how, what in tokens.asked] == [("GET", scope)] * 2
    assert [set(what.rpartition(":")[2].split(",")) for _, what in tokens.asked] == [
        {"pull"},
        {"pull", "push"},
    ]


def test_a_token_that_has_run_out_is_renewed(guarded: Repository, tokens: TokenServer) -> None:
    tokens.lifetime = -300
    with Registry(guarded, (tokens.USER, tokens.PASSWORD), NOBODY) as client:
        with pytest.raises(RegistryError, match="refuses the login"):
            client.exists("one")
        tokens.lifetime = 300
        assert client.exists("one") is None
        assert client.exists("two") is None
    assert len(tokens.asked) == 2


def test_an_identity_token_opens_a_registry(guarded: Repository, tokens: TokenServer, tmp_path: Path) -> None:
    options = configured(tmp_path, {"auths": {guarded.host: {"identitytoken": tokens.IDENTITY}}})
    with Registry(guarded, None, options) as client:
        assert client.push_document("one", b"{}") == client.exists("one")
    assert {how for how, _ in tokens.asked} == {"POST"}


def test_a_helper_may_give_an_identity_token(
    guarded: Repository, tokens: TokenServer, tmp_path: Path
) -> None:
    helper(tmp_path, f"""echo '{{"Username": "<token>", "Secret": "{tokens.IDENTITY}"}}'""")
    with Registry(guarded, None, configured(tmp_path, {"credsStore": "test"})) as client:
        assert client.exists("one") is None


def test_a_token_of_the_registry_itself_is_used_as_it_is(
    guarded: Repository, tokens: TokenServer, tmp_path: Path
) -> None:
    token = tokens.token([f"repository:{guarded.path}:pull"])
    options = configured(tmp_path, {"auths": {guarded.host: {"registrytoken": token}}})
    with Registry(guarded, None, options) as client:
        assert client.exists("one") is None
        with pytest.raises(RegistryError, match="refuses the login"):
            client.push_document("one", b"{}")
    assert tokens.asked == []


@pytest.mark.parametrize("login", [None, ("member", "wrong horse")], ids=["none", "a wrong one"])
def test_a_token_server_that_refuses_is_told(guarded: Repository, login: tuple[str, str] | None) -> None:
    with Registry(guarded, login, NOBODY) as client:
        expected = "refuses the login" if login else f"docker login {guarded.host}"
        with pytest.raises(RegistryError, match=expected) as error:
            client.exists("one")
        assert not error.value.is_passing
        assert "horse" not in str(error.value)


def test_a_token_server_that_is_gone_may_come_back(
    guarded: Repository, tokens: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGISTRY_AUTH_TOKEN_REALM", "http://127.0.0.1:1/token")
    (tmp_path / "other").mkdir()
    registry = registries.Registry(tmp_path / "other")
    registry.start()
    try:
        with Registry(Repository(registry.address, guarded.path), (tokens.USER, "x"), NOBODY) as client:
            with pytest.raises(RegistryError, match="connection refused") as error:
                client.exists("one")
            assert error.value.is_passing
    finally:
        registry.stop()
