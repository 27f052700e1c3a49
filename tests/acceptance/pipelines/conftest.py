"""What the tests of whole pipelines share: a command line with directories of its own, and a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.pipelines.leftovers import Leftovers
from tests.conftest import CommandLine
from tests.registry import closed_registry, registry

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker

__all__ = ["closed_registry", "registry"]


@pytest.fixture(autouse=True)
def _nobodys_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep git from what the developer has configured."""
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    """The command line, with its records and temporary files in directories of the test's own."""
    (tmp_path / "temporary").mkdir()
    return CommandLine({"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(tmp_path / "temporary")})


@pytest.fixture
def leftovers(docker: SdkDocker, tmp_path: Path) -> Leftovers:
    """What runs have left behind, on the engine and in the directories of ``cli``."""
    return Leftovers(docker, tmp_path / "state", tmp_path / "temporary")
