"""What runs leave behind, and who removes it, on a real engine."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.engine.leftovers import RunDirectory, claimed, clean_up, sweep
from pipeline_dsl.engine.work import RUN_LABEL, temporary_repository
from pipeline_dsl.errors import EngineError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipeline_dsl.engine.docker import Docker
    from pipeline_dsl.engine.sdk.client import SdkDocker

pytestmark = pytest.mark.engine

RUN = """
    import sys, tempfile
    from pathlib import Path
    from pipeline_dsl.engine.docker import RunRequest
    from pipeline_dsl.engine.leftovers import claimed, sweep
    from pipeline_dsl.engine.sdk.connect import connect

    base, image = sys.argv[1:]
    with claimed(Path(base)) as directory:
        docker = connect()
        assert sweep(directory, docker) == ()
        labels = {"pipeline-dsl.run": directory.run_id}
        name = f"pipeline-dsl-{directory.run_id}"
        docker.create_network(name, labels)
        docker.start(RunRequest(image, name, ("sleep", "300"), labels=labels, network=name))
        docker.api.commit(name, f"pipeline-dsl-run/{directory.run_id}", "lent")
        checkout = directory.path / "checkout"
        checkout.mkdir()
        (checkout / "file").write_text("content")
        checkout.chmod(0o500)
        print(directory.run_id, flush=True)
        sys.stdin.read()
"""
"""A run that has made something of each kind, and goes on until its standard input ends."""


@dataclasses.dataclass(frozen=True)
class Running:
    """A run in a process of its own.

    Arguments:
        process: the process.
        run_id: the name of the run.
    """

    process: subprocess.Popen[str]
    run_id: str

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def base_directory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "runs"


@pytest.fixture
def start(docker: SdkDocker, base: str, base_directory: Path) -> Iterator[Callable[[], Running]]:
    """Start runs, of which nothing is left in the end, whatever the test does."""
    started: list[Running] = []

    def start_() -> Running:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", textwrap.dedent(RUN), str(base_directory), base],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        started.append(Running(process, process.stdout.readline().strip()))
        return started[-1]

    yield start_
    for run in started:
        run.process.kill()
        run.process.communicate()
        label = f"{RUN_LABEL}={run.run_id}"
        docker.remove_containers(label)
        docker.remove_networks(label)
        docker.remove_images(temporary_repository(run.run_id))


def on_engine(docker: SdkDocker, run_id: str) -> tuple[int, int, int]:
    """Count the containers, networks and images of a run."""
    label = {"label": f"{RUN_LABEL}={run_id}"}
    api = docker.api
    return (
        len(api.containers(all=True, filters=label)),
        len(api.networks(filters=label)),
        len(api.images(name=temporary_repository(run_id))),
    )


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_live_one_is_not_touched(
    docker: SdkDocker, base_directory: Path, start: Callable[[], Running]
) -> None:
    killed, alive = start(), start()
    killed.kill()
    assert on_engine(docker, killed.run_id) == (1, 1, 1)
    with claimed(base_directory) as directory:
        assert sweep(directory, docker) == ()
        assert clean_up(directory, docker, with_images=True) == ()
    assert on_engine(docker, killed.run_id) == (0, 0, 0)
    assert on_engine(docker, alive.run_id) == (1, 1, 1)
    left = sorted(path.name for path in base_directory.iterdir())
    assert left == [".lock", alive.run_id, f"{alive.run_id}.run"]


def test_two_that_sweep_at_the_same_time_leave_nothing_and_do_not_disturb_each_other(
    docker: SdkDocker, base_directory: Path, start: Callable[[], Running]
) -> None:
    dead = [start() for _ in range(2)]
    for run in dead:
        run.kill()
    problems: list[str] = []
    barrier = threading.Barrier(4)

    def run_briefly() -> None:
        with claimed(base_directory) as directory:
            barrier.wait()
            problems.extend(sweep(directory, docker))
            barrier.wait()
            problems.extend(clean_up(directory, docker, with_images=True))

    threads = [threading.Thread(target=run_briefly) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [on_engine(docker, run.run_id) for run in dead] == [(0, 0, 0)] * 2
    assert [path.name for path in base_directory.iterdir()] == [".lock"]


@dataclasses.dataclass(frozen=True)
class Elsewhere:
    """An engine that is another one, or fails to remove things: what no test can ask of a real one.

    Arguments:
        docker: the engine that it is in truth.
        name: what it says it is; its own name if empty.
        broken: whether it fails to remove networks.
    """

    docker: SdkDocker
    name: str = ""
    broken: bool = False

    def identity(self) -> str:
        return self.name or self.docker.identity()

    def remove_networks(self, label: str) -> None:
        if self.broken:
            raise EngineError([Problem("engine-failed", "network has active endpoints.")])
        self.docker.remove_networks(label)

    def __getattr__(self, name: str) -> object:
        return getattr(self.docker, name)


def as_docker(engine: Elsewhere) -> Docker:
    docker: Docker = engine  # type: ignore[assignment]  # most of it is passed through
    return docker


def test_what_was_left_on_another_engine_waits_for_a_run_that_uses_it(
    docker: SdkDocker, base_directory: Path, start: Callable[[], Running]
) -> None:
    killed = start()
    killed.kill()
    for engine in (as_docker(Elsewhere(docker, "another")), docker):
        assert on_engine(docker, killed.run_id) == (1, 1, 1)
        with claimed(base_directory) as directory:
            assert sweep(directory, engine) == ()
            assert not (base_directory / killed.run_id).exists()
            clean_up(directory, docker, with_images=True)
    assert on_engine(docker, killed.run_id) == (0, 0, 0)
    assert [path.name for path in base_directory.iterdir()] == [".lock"]


def test_what_cannot_be_removed_is_told_and_tried_again(
    docker: SdkDocker, base_directory: Path, start: Callable[[], Running]
) -> None:
    killed = start()
    killed.kill()
    broken = as_docker(Elsewhere(docker, broken=True))
    with claimed(base_directory) as directory:
        (problem,) = sweep(directory, broken)
        assert clean_up(directory, docker, with_images=True) == ()
    assert problem == (
        f"Some networks of the run {killed.run_id} may be left: "
        f"network has active endpoints. [engine-failed] "
        f"Remove them with: "
        f"docker network rm $(docker network ls --quiet --filter label={RUN_LABEL}={killed.run_id})"
    )
    assert on_engine(docker, killed.run_id) == (0, 1, 0)
    with claimed(base_directory) as directory:
        assert sweep(directory, docker) == ()
        assert clean_up(directory, docker, with_images=True) == ()
    assert on_engine(docker, killed.run_id) == (0, 0, 0)


def test_a_run_that_could_not_clean_up_is_cleaned_up_after(docker: SdkDocker, base_directory: Path) -> None:
    labels: dict[str, str] = {}
    with claimed(base_directory) as first:
        sweep(first, docker)
        labels[RUN_LABEL] = first.run_id
        docker.create_network(f"pipeline-dsl-{first.run_id}", labels)
        assert len(clean_up(first, as_docker(Elsewhere(docker, broken=True)), with_images=True)) == 1
    assert not first.path.exists()
    with claimed(base_directory) as second:
        assert sweep(second, docker) == ()
        assert on_engine(docker, first.run_id) == (0, 0, 0)


def test_the_by_hand_commands_remove_what_is_left(
    docker: SdkDocker, base_directory: Path, start: Callable[[], Running]
) -> None:
    killed = start()
    killed.kill()

    class Stubborn(Elsewhere):
        def __getattr__(self, name: str) -> object:
            if not name.startswith("remove_"):
                return super().__getattr__(name)

            def refuse(_: str) -> None:
                raise EngineError([Problem("engine-failed", "no.")])

            return refuse

    with claimed(base_directory) as directory:
        problems = sweep(directory, as_docker(Stubborn(docker, broken=True)))
        clean_up(directory, docker, with_images=True)
    assert len(problems) == 3
    for problem in problems:
        command = problem.partition("Remove them with: ")[2]
        subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.DEVNULL)
    assert on_engine(docker, killed.run_id) == (0, 0, 0)


def test_a_directory_is_there_for_the_run_and_for_its_owner_only(base_directory: Path) -> None:
    with claimed(base_directory) as directory:
        assert directory.path.stat().st_mode & 0o777 == 0o700
        (directory.path / "sub").mkdir()
        (directory.path / "sub" / "file").write_text("content")
    assert [path.name for path in base_directory.iterdir()] == [".lock"]


def test_read_only_directories_are_removed_and_links_are_not_followed() -> None:
    """Root may do anything, so somebody else has to do it."""
    script = """
        import os, tempfile
        from pathlib import Path
        from pipeline_dsl.engine.leftovers import claimed

        if os.geteuid() == 0:
            os.seteuid(65534)
        with tempfile.TemporaryDirectory() as temporary:
            base, outside = Path(temporary, "runs"), Path(temporary, "outside")
            outside.mkdir()
            (outside / "file").write_text("stays")
            outside.chmod(0o500)
            with claimed(base) as directory:
                inner = directory.path / "module" / "cache"
                inner.mkdir(parents=True)
                (inner / "file").write_text("goes")
                (inner / "link").symlink_to(outside)
                inner.chmod(0o500)
                inner.parent.chmod(0)
            assert [path.name for path in base.iterdir()] == [".lock"]
            assert outside.stat().st_mode & 0o777 == 0o500
            assert (outside / "file").read_text() == "stays"
            outside.chmod(0o700)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


def test_a_record_that_names_no_engine_is_forgotten(docker: SdkDocker, base_directory: Path) -> None:
    """Such a run was killed before it had made anything."""
    with claimed(base_directory) as directory:
        stillborn = RunDirectory("0badcafe", base_directory / "0badcafe")
        stillborn.record.touch()
        assert sweep(directory, docker) == ()
        assert not stillborn.record.exists()
        assert clean_up(directory, docker, with_images=True) == ()
