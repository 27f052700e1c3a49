"""Real git: repositories of the test's own, and servers for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.checkout import Network
from tests.checkout.servers import serve_daemon, serve_http
from tests.checkout.upstream import Upstream, new_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.checkout.servers import Server


@pytest.fixture(autouse=True)
def _nobodys_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep git from what the developer has configured."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return new_upstream(tmp_path, "services/shop")


@pytest.fixture
def library(tmp_path: Path) -> Upstream:
    """A second repository, for submodules."""
    return new_upstream(tmp_path, "libraries/money")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "served").mkdir(exist_ok=True)
    with serve_http(tmp_path / "served") as server:
        yield server


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[str]:
    with serve_daemon(tmp_path / "served") as url:
        yield url


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


@pytest.fixture
def network() -> Network:
    """One that is tried again at once, and does not let a broken test hang."""
    return Network(timeout=60, pauses=(0, 0))
