"""What the tests of all folders share: a real engine, projects in their own directory, the command line."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
import uuid
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import settings

from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.errors import EngineError
from tests.registry import closed_registry, registry  # noqa: F401 -- fixtures for all folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker

# The same examples each time, on a busy machine too; "pytest --hypothesis-profile=default" looks for others.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

PATIENCE = 540
"""Seconds after which a command hangs: on a busy machine, a first build of an example takes minutes."""


class MakeProject(Protocol):
    """Makes a project of the text of its pipeline file and of other files by path; gives its directory."""

    def __call__(self, text: str, files: Mapping[str, str] | None = None) -> Path: ...


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Arguments:
        code: its exit code.
        stdout: what it printed to standard output.
        stderr: what it printed to standard error.
    """

    code: int
    stdout: str
    stderr: str


@dataclasses.dataclass(frozen=True)
class CommandLine:
    """Runs ``python -m pipeline_dsl``, as somebody would who stands in a directory.

    Arguments:
        environment: variables beside those of this process.
    """

    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __call__(self, cwd: Path, *words: str | Path) -> Outcome:
        """Run a command line to its end."""
        ended = subprocess.run(
            self.argv(*words),
            cwd=cwd,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    def start(self, cwd: Path, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command line whose standard output can be read meanwhile."""
        return subprocess.Popen(
            self.argv(*words),
            cwd=cwd,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @staticmethod
    def argv(*words: str | Path) -> list[str]:
        """Give the whole command."""
        return [sys.executable, "-m", "pipeline_dsl", *map(str, words)]

    @property
    def env(self) -> dict[str, str]:
        """The environment of the command."""
        unset = {"CI", "FORCE_COLOR", "LINES", "NO_COLOR"}  # by which a report would look otherwise
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        return {**inherited, "COLUMNS": "200", "PIPELINE_DSL_SETTINGS": os.devnull, **self.environment}


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests leave for later runs away from the user's, and from what earlier tests have left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIPELINE_DSL_CACHE_DIRECTORY", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="session")
def docker() -> Iterator[SdkDocker]:
    try:
        connected = connect()
    except EngineError as error:
        pytest.fail(f"These tests need a running engine: {error}")
    with connected.api:
        yield connected


@pytest.fixture(scope="session")
def base(docker: SdkDocker) -> str:
    name = os.environ.get("PIPELINE_DSL_TEST_BASE", "debian:bookworm-slim")
    if docker.image(name) is None:
        pytest.fail(
            f"These tests need a Debian image: name one in PIPELINE_DSL_TEST_BASE, {name} is not there."
        )
    return name


@pytest.fixture(scope="session")
def cli() -> CommandLine:
    return CommandLine()


@pytest.fixture
def make_project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeProject]:
    """Make projects whose images are gone afterwards.

    The pipeline file gets a first line with all names, and with BASE, a Debian image. Its second line is the
    first of the text.
    """
    names: list[str] = []
    base = os.environ.get("PIPELINE_DSL_TEST_BASE", "debian:bookworm-slim")

    def make(text: str, files: Mapping[str, str] | None = None) -> Path:
        root = tmp_path / f"test-{uuid.uuid4().hex}"
        header = f"from pipeline_dsl import *; BASE = {base!r}\n"
        written = {".pipeline/pipeline.py": header + textwrap.dedent(text).lstrip("\n"), **(files or {})}
        for path, content in written.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        names.append(root.name)
        return root

    if request.node.get_closest_marker("engine") is None:
        yield make
        return
    forget: Callable[[str], None] = request.getfixturevalue("forget_images")
    yield make
    for name in names:
        forget(name)


@pytest.fixture(scope="session")
def forget_images(docker: SdkDocker) -> Callable[[str], None]:
    """Remove all images of a project; the build cache stays."""

    def forget(project: str) -> None:
        label = f"pipeline-dsl.project={project}"
        for image in docker.api.images(filters={"label": label}, quiet=True):
            docker.api.remove_image(image, force=True)

    return forget
