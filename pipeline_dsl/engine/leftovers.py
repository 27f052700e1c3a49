"""What a run leaves behind: removed at its end, or by the next run on this machine if it was killed.

Beside the directory of its temporary files each run has a record, a file that it keeps locked as long as it
lives. A record that nobody has locked is that of a dead run. The engine may be shared with other machines:
runs that have no record here are none of our business.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pipeline_dsl.engine.work import RUN_LABEL, temporary_repository
from pipeline_dsl.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_dsl.engine.docker import Docker

_RECORD = ".run"
"""What the names of records end in."""

_DOOR = ".lock"
"""Locked while records are made or looked for: one that is just being made is not locked yet."""


@dataclasses.dataclass(frozen=True)
class RunDirectory:
    """A run's own directory.

    Arguments:
        run_id: the name of the run, unique on this machine, and in all likelihood on the engine.
        path: the directory, for temporary files; it is removed after the run.
    """

    run_id: str
    path: Path

    @property
    def record(self) -> Path:
        """The file that says that the run lives, and which engine it uses."""
        return self.path.with_suffix(_RECORD)


@contextlib.contextmanager
def claimed(base: Path) -> Iterator[RunDirectory]:
    """Give a run a directory of its own, which is removed in the end.

    Arguments:
        base: where the directories of all runs on this machine are; made if it is not there.

    Raises:
        OSError: it cannot be written to.
    """
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    run_id = secrets.token_hex(4)
    directory = RunDirectory(run_id, base / run_id)
    with contextlib.ExitStack() as stack:
        with _door(base):
            directory.record.touch(exist_ok=False)
            stack.enter_context(_locked(directory.record))
        directory.path.mkdir(mode=0o700)
        try:
            yield directory
        finally:
            with contextlib.suppress(OSError):  # which the next run will meet, too, and report
                _remove_tree(directory.path)
                if not directory.record.read_text():
                    directory.record.unlink()


def sweep(directory: RunDirectory, docker: Docker) -> tuple[str, ...]:
    """Remove what dead runs have left, and note that from now on this run may leave something, too.

    Arguments:
        directory: the run's own directory, beside those of others.
        docker: the engine that the run is going to use; what dead runs have left on others waits for a run
            that uses those.

    Returns:
        What could not be removed, and how to remove it by hand.
    """
    try:
        engine = docker.identity()
    except EngineError as error:
        return (f"What earlier runs may have left was not looked for: {error}",)
    directory.record.write_text(engine)
    problems: list[str] = []
    with contextlib.ExitStack() as stack:
        for dead in _dead(directory.path.parent, stack):
            problems += _bury(dead, engine, docker)
    return tuple(problems)


def clean_up(directory: RunDirectory, docker: Docker, *, with_images: bool) -> tuple[str, ...]:
    """Remove all that a run has left on the engine.

    Arguments:
        directory: the run's own directory.
        docker: the engine.
        with_images: whether it has given images names; an engine that has many takes long to list them.

    Returns:
        What could not be removed, and how to remove it by hand. A later run will try again.
    """
    problems = _remove_traces(directory.run_id, docker, with_images=with_images)
    if not problems:
        directory.record.write_text("")
    return problems


@contextlib.contextmanager
def _door(base: Path) -> Iterator[None]:
    with (base / _DOOR).open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _locked(record: Path) -> Iterator[IO[str]]:
    """Lock a record as long as this process lives.

    Raises:
        BlockingIOError: another process has.
        FileNotFoundError: another process has just removed it.
    """
    with record.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file


def _dead(base: Path, stack: contextlib.ExitStack) -> list[RunDirectory]:
    """Find dead runs; their records stay locked, so that nobody else cares for them at the same time."""
    found: list[RunDirectory] = []
    with _door(base):
        for record in sorted(base.glob(f"*{_RECORD}")):
            with contextlib.suppress(BlockingIOError, FileNotFoundError):
                stack.enter_context(_locked(record))
                found.append(RunDirectory(record.stem, record.with_suffix("")))
    return found


def _bury(dead: RunDirectory, engine: str, docker: Docker) -> tuple[str, ...]:
    problems: tuple[str, ...] = ()
    try:
        _remove_tree(dead.path)
        used = dead.record.read_text()
        if used == engine:
            problems = _remove_traces(dead.run_id, docker, with_images=True)
        if not used or (used == engine and not problems):
            dead.record.unlink()
    except OSError as error:
        problems = (*problems, f"Files of an earlier run are left: {error}. Remove {dead.path} by hand.")
    return problems


def _remove_traces(run_id: str, docker: Docker, *, with_images: bool) -> tuple[str, ...]:
    label, repository = f"{RUN_LABEL}={run_id}", temporary_repository(run_id)
    # In an order in which nothing is in use any more.
    removals: list[tuple[str, Callable[[str], None], str]] = [
        ("container", docker.remove_containers, label),
        ("network", docker.remove_networks, label),
    ]
    if with_images:
        removals.append(("image", docker.remove_images, repository))
    problems: list[str] = []
    for kind, remove, what in removals:
        try:
            remove(what)
        except EngineError as error:
            by_hand = _BY_HAND[kind].format(what)
            problems.append(
                f"Some {kind}s of the run {run_id} may be left: {error} Remove them with: {by_hand}"
            )
    return tuple(problems)


_BY_HAND = {
    "container": "docker rm --force --volumes $(docker ps --all --quiet --filter label={})",
    "network": "docker network rm $(docker network ls --quiet --filter label={})",
    "image": "docker rmi $(docker images --format {{{{.Repository}}}}:{{{{.Tag}}}} {})",
}


def _remove_tree(path: Path) -> None:
    """Remove a directory, also where directories within it, copied from a container say, are read-only."""
    if not path.exists():
        return
    for parent, names, _ in os.walk(path):
        for directory in (Path(parent, name) for name in names):
            if not directory.is_symlink():
                directory.chmod(stat.S_IRWXU)
    shutil.rmtree(path)
