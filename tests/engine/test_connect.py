"""Finding the engine, and saying why there is none."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")

NOBODY = 65534


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty configuration of the docker command, and an environment that says nothing of engines."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def add_context(configuration: Path, name: str, host: str) -> None:
    folder = configuration / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
    (folder / "meta.json").write_text(json.dumps(meta))


def unreachable() -> str:
    with pytest.raises(EngineError) as failure:
        connect()
    (problem,) = failure.value.problems
    assert problem.code == "engine-unreachable"
    return str(problem)


@pytest.mark.engine
def test_the_engine_tells_its_version(docker: SdkDocker) -> None:
    version = docker.version()
    assert version.version[0].isdigit()
    assert version.buildkit
    assert version.platform.startswith("linux/")


@pytest.mark.engine
def test_the_context_of_the_docker_command_is_used(configuration: Path) -> None:
    add_context(configuration, "elsewhere", f"unix://{ENGINE}")
    (configuration / "config.json").write_text(json.dumps({"currentContext": "elsewhere"}))
    with connect().api as api:
        assert api.version()


@pytest.mark.engine
@pytest.mark.usefixtures("configuration")
def test_docker_host_comes_before_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "missing")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{ENGINE}")
    with connect().api as api:
        assert api.version()


@pytest.mark.usefixtures("configuration")
def test_an_unknown_context_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "missing")
    assert "docker's own configuration names no engine: context 'missing' not found" in unreachable()


def test_a_missing_socket_asks_whether_the_engine_is_running(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{configuration}/none.sock")
    assert unreachable() == (
        f"no container engine answers at unix://{configuration}/none.sock: there is no such socket. "
        "Is the engine running? Start it, or name another one in DOCKER_HOST. [engine-unreachable]"
    )


def test_a_socket_that_nobody_listens_to_asks_whether_the_engine_is_running(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(f"{configuration}/docker.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{configuration}/docker.sock")
    assert "docker.sock: nothing listens there. Is the engine running?" in unreachable()


@pytest.mark.usefixtures("configuration")
def test_a_refused_connection_over_tcp_is_explained_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "no container engine answers at tcp://127.0.0.1:1: nothing listens there." in unreachable()


@pytest.mark.usefixtures("configuration")
def test_an_address_that_is_none_is_explained_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "gopher://example.org")
    assert "no container engine answers at gopher://example.org: Invalid bind address" in unreachable()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become someone who may not use the socket.")
def test_a_socket_that_one_may_not_use_names_the_group_that_may(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(f"{tmp_path}/docker.sock")
        said = subprocess.run(
            [sys.executable, "-c", ASK_AS_NOBODY, f"{tmp_path}/docker.sock", str(NOBODY)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    assert "docker.sock: you may not use it. Join the group docker, then log in anew." in said


ASK_AS_NOBODY = """
import os, sys
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.errors import EngineError
os.environ.update(DOCKER_HOST="unix://" + sys.argv[1], DOCKER_CONFIG="/nonexistent")
os.setuid(int(sys.argv[2]))
try:
    connect()
except EngineError as error:
    print(error)
"""
