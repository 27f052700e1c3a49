"""What the acceptance tests share: projects with a Blubber file, and images that we make of them."""

from __future__ import annotations

import textwrap
import uuid
from typing import TYPE_CHECKING, Protocol

import pytest

from pipeline_dsl.cli.main import main
from tests.acceptance import standins
from tests.acceptance.image import Image
from tests.acceptance.repository import Repository, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipeline_dsl.engine.sdk.client import SdkDocker


class Build(Protocol):
    """Builds a variant of a project, as somebody would who moves to a pipeline file.

    The Blubber file is imported, what comes of it is built. It finds the stand-ins that it names.
    """

    def __call__(
        self, blubber: str, files: Mapping[str, str | bytes], variant: str, *options: str
    ) -> Image: ...


class StandIns(Protocol):
    """Makes sure that the engine has stand-ins."""

    def __call__(self, *names: str) -> None: ...


@pytest.fixture(scope="session")
def stand_ins(docker: SdkDocker, base: str) -> StandIns:
    made: set[str] = set()

    def ensure(*names: str) -> None:
        standins.ensure(docker, base, set(names) - made)
        made.update(names)

    return ensure


@pytest.fixture
def build(
    docker: SdkDocker, stand_ins: StandIns, forget_images: Callable[[str], None], tmp_path: Path
) -> Iterator[Build]:
    projects: list[str] = []

    def build(blubber: str, files: Mapping[str, str | bytes], variant: str, *options: str) -> Image:
        root = tmp_path / f"acceptance-{uuid.uuid4().hex}"
        projects.append(root.name)
        _write(root, {**files, ".pipeline/blubber.yaml": textwrap.dedent(blubber)})
        stand_ins(*standins.needed(blubber))
        assert main(["-C", str(root), "import"]) == 0
        assert main(["-C", str(root), "build", variant, "--plain", *options]) == 0
        return Image(docker, f"pipeline-dsl/{root.name}:{variant}")

    yield build
    for project in projects:
        forget_images(project)


@pytest.fixture
def repository(docker: SdkDocker, stand_ins: StandIns) -> Iterator[Repository]:
    """Serve a signed repository to the builds, until the test has ended."""
    stand_ins("repository")
    with serve(docker, f"{standins.PREFIX}repository") as address:
        key = Image(docker, f"{standins.PREFIX}repository").text(f"{standins.REPOSITORY}/key.asc")
        yield Repository(address, key)


def _write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, those executable that name an interpreter."""
    for path, text in files.items():
        content = text.encode() if isinstance(text, str) else text
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if content.startswith(b"#!") else 0o644)
