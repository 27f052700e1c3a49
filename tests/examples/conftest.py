"""The examples, each copied, built and run once for all tests."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import tarfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pydantic
import pytest

from pipeline_dsl.engine.docker import RunRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.engine.events import Stream
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from tests.conftest import CommandLine, Outcome

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclasses.dataclass(frozen=True)
class Config:
    """What an image says about itself, as far as the tests read it."""

    User: str
    WorkingDir: str
    Entrypoint: list[str]
    Env: list[str]
    Labels: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        return dict(variable.split("=", 1) for variable in self.Env)


@dataclasses.dataclass(frozen=True)
class Configured:
    """What the engine says about an image's use."""

    Config: Config


@dataclasses.dataclass(frozen=True)
class FileSystem:
    """What an image's file system consists of."""

    Layers: list[str]


@dataclasses.dataclass(frozen=True)
class Layered:
    """What the engine says about an image's content."""

    RootFS: FileSystem


@dataclasses.dataclass(frozen=True)
class Step:
    """A line of ``docker history``."""

    CreatedBy: str


@dataclasses.dataclass(frozen=True)
class Saved:
    """An entry of the manifest of ``docker save``."""

    Layers: list[str]


_CONFIGURED = pydantic.TypeAdapter(Configured)
_LAYERED = pydantic.TypeAdapter(Layered)
_HISTORY = pydantic.TypeAdapter(list[Step])
_MANIFEST = pydantic.TypeAdapter(list[Saved])


@dataclasses.dataclass(frozen=True)
class BuiltImage:
    """An image that an example's pipeline has built.

    Arguments:
        docker: the engine that has it.
        name: its name.
        base: name of the image that it stands on.
    """

    docker: SdkDocker
    name: str
    base: str

    @property
    def config(self) -> Config:
        """What it says about itself."""
        return _CONFIGURED.validate_python(self._inspect(self.name)).Config

    @property
    def history(self) -> list[str]:
        """The commands that made it, the last one first."""
        told: object = self.docker.api.history(self.name)  # type: ignore[no-untyped-call] # the SDK's stubs
        return [step.CreatedBy for step in _HISTORY.validate_python(told)]

    def run(self, *command: str) -> tuple[int, list[str]]:
        """Run a command in it, as the user that it names; give the exit code and all that was printed."""
        lines: list[str] = []
        request = RunRequest(self.name, f"pipeline-dsl-test-{uuid.uuid4().hex}", command)

        def keep(_: Stream, line: str) -> None:
            lines.append(line)

        return self.docker.run(request, keep, threading.Event()), lines

    def paths(self) -> set[str]:
        """Name every file of every layer above the base's: also those that a later layer takes away."""
        blob = io.BytesIO(b"".join(self.docker.api.get_image(self.name)))
        inherited = len(_LAYERED.validate_python(self._inspect(self.base)).RootFS.Layers)
        found: set[str] = set()
        with tarfile.open(fileobj=blob) as image:
            manifest = image.extractfile("manifest.json")
            assert manifest is not None
            (saved,) = _MANIFEST.validate_python(json.load(manifest))
            for name in saved.Layers[inherited:]:
                with tarfile.open(fileobj=image.extractfile(name)) as layer:
                    found.update(member.name for member in layer if not member.isdir())
        return found

    def _inspect(self, name: str) -> object:
        told: object = self.docker.api.inspect_image(name)  # type: ignore[no-untyped-call] # the SDK's stubs
        return told


@dataclasses.dataclass(frozen=True)
class Ran:
    """An example whose pipeline has run.

    Arguments:
        root: the copy of it that ran.
        first: how the first run ended.
        docker: the engine that it ran on.
        base: the image that its variants start from.
    """

    root: Path
    first: Outcome
    docker: SdkDocker
    base: str

    def image(self, variant: str) -> BuiltImage:
        """Give the image that was built of a variant."""
        return BuiltImage(self.docker, f"pipeline-dsl/{self.root.name}:{variant}", self.base)


class RunExample(Protocol):
    """Runs the pipeline of an example, the first time that it is asked for."""

    def __call__(self, name: str) -> Ran: ...


@pytest.fixture(scope="session")
def run_example(
    docker: SdkDocker,
    base: str,
    cli: CommandLine,
    forget_images: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunExample]:
    ran: dict[str, Ran] = {}

    def run(name: str) -> Ran:
        if name not in ran:
            root = tmp_path_factory.mktemp("examples") / f"{name}-{uuid.uuid4().hex}"
            shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("node_modules", ".venv"))
            ran[name] = Ran(root, cli(root.parent, "-C", root, "run"), docker, base)
        return ran[name]

    yield run
    for example in ran.values():
        forget_images(example.root.name)
