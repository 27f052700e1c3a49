"""Projects to be measured: a pipeline file, many small files beside it, and the same images for bake."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PER_DIRECTORY = 100
_SETTLED = 2.5
"""Seconds after which no file can change without a change of its times."""

_WHOLE = ".pipeline-dsl/context/"
"""Where our Dockerfiles find the whole context; bake has it at its root."""


def write_project(root: Path, pipeline: str) -> Path:
    """Write a project.

    Arguments:
        root: its root directory, which is not there so far.
        pipeline: the text of its pipeline file.

    Returns:
        The root.
    """
    file = root / ".pipeline" / "pipeline.py"
    file.parent.mkdir(parents=True)
    file.write_text(textwrap.dedent(pipeline))
    (root / ".dockerignore").write_text(".git\n.pipeline\n")
    return root


def write_files(folder: Path, count: int) -> None:
    """Write so many files of a kilobyte each, all different, a hundred to a directory."""
    for number in range(count):
        directory = folder / f"{number // _PER_DIRECTORY:03}"
        if not number % _PER_DIRECTORY:
            directory.mkdir(parents=True)
        line = hashlib.sha256(f"{folder} {number}".encode()).hexdigest()
        (directory / f"file{number}.txt").write_text(f"{line}\n" * 16)


def copy_example(root: Path, changes: Mapping[str, str]) -> Path:
    """Copy ``examples/node-service``.

    Arguments:
        root: where to.
        changes: what to replace in its pipeline file.

    Returns:
        The root.
    """
    example = Path(__file__).resolve().parents[2] / "examples" / "node-service"
    shutil.copytree(example, root, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    file = root / ".pipeline" / "pipeline.py"
    text = file.read_text()
    for before, after in changes.items():
        if before not in text:
            raise SystemExit(f"{file} has no {before!r}")
        text = text.replace(before, after)
    file.write_text(text)
    return root


def rewrite(file: Path) -> None:
    """Give a file a content that no file has had."""
    file.write_text(f"{time.time_ns()}\n")


def settle() -> None:
    """Wait until all files are old enough to be trusted by their times."""
    os.sync()
    time.sleep(_SETTLED)


def commit(root: Path) -> None:
    """Make a git repository of a project, with all its files in it."""
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "All files"]):
        names = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org"]
        subprocess.run(["git", *names, *words], cwd=root, check=True)


def write_bake_file(
    directory: Path, root: Path, variants: Sequence[str], *, python: str, environ: Mapping[str, str]
) -> Path:
    """Write what ``docker buildx bake`` needs to build the same images.

    Arguments:
        directory: where to write it.
        root: the project's root directory.
        variants: which images.
        python: the interpreter that has ``pipeline_dsl``.
        environ: its variables.

    Returns:
        The bake file.
    """
    directory.mkdir()
    targets = {}
    for variant in variants:
        command = [python, "-m", "pipeline_dsl", "dockerfile", variant]
        told = subprocess.run(command, cwd=root, env=environ, check=True, stdout=subprocess.PIPE, text=True)
        dockerfile = directory / f"Dockerfile.{variant}"
        dockerfile.write_text(told.stdout.replace(f" {_WHOLE} ", " ./ "))
        targets[variant] = {
            "context": str(root),
            "dockerfile": str(dockerfile),
            "tags": [f"{bake_repository(root)}:{variant}"],
            "output": ["type=docker"],
        }
    file = directory / "docker-bake.json"
    file.write_text(json.dumps({"group": {"default": {"targets": list(targets)}}, "target": targets}))
    return file


def bake_repository(root: Path) -> str:
    """Name the images that bake builds of a project."""
    return f"pipeline-dsl-bake/{root.name}"


def our_repository(root: Path) -> str:
    """Name the images that we build of a project."""
    return f"pipeline-dsl/{root.name}"
