"""Where scenarios are measured, and with what."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measures.project import bake_repository, our_repository, write_bake_file
from measures.sides import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from measures.engine import Engine

_PLUGINS = (
    Path.home() / ".docker",
    *(
        Path(place, "docker")
        for place in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
    ),
)
"""Where docker's command line looks for its plugins."""

_TROUBLE = "could not be"
"""What a run says when something is not in the store, or not in the cache repository, in the end."""


@dataclasses.dataclass(frozen=True)
class Workbench:
    """What all scenarios measure with.

    Arguments:
        directory: for the files of the scenarios.
        engine: the engine.
        rounds: how many times to measure each command.
        buildx: the program; None where there is none.
        dockerd: the command that starts another engine, and its root directory, which may be a chroot's.
    """

    directory: Path
    engine: Engine
    rounds: int
    buildx: str | None
    dockerd: tuple[Sequence[str], Path]

    def ours(self, root: Path, *words: str, check: Callable[[str], None]) -> Side:
        """Give one of our commands.

        Arguments:
            root: where it is given.
            words: its words.
            check: what has to hold for what it prints.
        """
        return Side([sys.executable, "-m", "pipeline_dsl", *words], root, self.environ(), check=check)

    def bake(self, root: Path, variants: Sequence[str]) -> Side | None:
        """Give the command of bake that builds the same images; None if there is no buildx."""
        if self.buildx is None:
            return None
        file = write_bake_file(
            self.directory / f"{root.name}-bake",
            root,
            variants,
            python=sys.executable,
            environ=self.environ(),
        )
        return Side([self.buildx, "bake", "--progress=plain", "-f", str(file)], root, self.environ())

    def environ(self, store: str = "store", engine: Engine | None = None) -> dict[str, str]:
        """Give the variables of a command.

        Arguments:
            store: the store that it uses, by name.
            engine: the engine that it uses, if another.
        """
        ours = {
            "DOCKER_HOST": (engine or self.engine).host,
            "PIPELINE_DSL_CACHE_DIRECTORY": str(self.store(store)),
            "BUILDX_CONFIG": str(self.directory / "buildx"),
            # The Dockerfiles are not below the directory from which bake is called.
            "BUILDX_BAKE_ENTITLEMENTS_FS": "0",
        }
        return {
            name: value for name, value in os.environ.items() if not name.startswith("PIPELINE_DSL_")
        } | ours

    def store(self, name: str = "store") -> Path:
        """Give the place of a store."""
        return self.directory / "stores" / name

    def prepare(self, side: Side) -> None:
        """Run a command that is not measured, whatever it prints."""
        told = subprocess.run(
            side.command, cwd=side.directory, env=side.environ, check=False, capture_output=True, text=True
        )
        if told.returncode or _TROUBLE in told.stdout:
            raise SystemExit(f"{' '.join(side.command)}:\n{told.stdout}{told.stderr}")

    @contextlib.contextmanager
    def cleared(self, root: Path) -> Iterator[None]:
        """Have nothing of a project in engine and store, now and in the end."""
        self.clear(root)
        try:
            yield
        finally:
            self.clear(root)

    def clear(self, root: Path) -> None:
        """Remove what was built of a project."""
        for repository in (our_repository(root), bake_repository(root)):
            self.engine.forget(repository)
        shutil.rmtree(self.store(), ignore_errors=True)


def find_buildx(given: str | None) -> str | None:
    """Find buildx: as it was given, or where docker's command line finds it."""
    if given:
        return given
    places = (place / "cli-plugins" / "docker-buildx" for place in _PLUGINS)
    return next((str(place) for place in places if place.exists()), None)


def all_cached(output: str) -> None:
    """Make sure that nothing had to be done."""
    if "cached" not in output.splitlines()[-1] or "not cached" in output:
        raise SystemExit(f"not all was cached:\n{output}")


def built(output: str) -> None:
    """Make sure that something had to be done."""
    if "≡" in output or "passed" not in output.splitlines()[-1]:
        raise SystemExit(f"something was cached:\n{output}")
