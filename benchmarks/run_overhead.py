"""What a run costs beside its containers: 200 stages that each run ``true``, against the docker SDK alone.

    python benchmarks/run_overhead.py [--stages N] [--rounds N] [--image IMAGE]

Each round takes three measures in turn, two containers at a time: the SDK in a pool of threads, a whole
``engine.run.run``, and the SDK again, so that what else the machine does weighs on both. It prints the
seconds and the ratio of each round, then the medians. Needs a running engine that has the image.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import statistics
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.engine.events import Status
from pipeline_dsl.engine.leftovers import claimed
from pipeline_dsl.engine.run import run
from pipeline_dsl.engine.sdk.connect import connect
from pipeline_dsl.engine.work import Options
from pipeline_dsl.load import load, locate
from pipeline_dsl.plan import plan
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.engine.sdk.client import SdkDocker
    from pipeline_dsl.plan import Plan

JOBS = 2

PROJECT = """
    from pipeline_dsl import Pipeline, Run

    ci = Pipeline("ci")
    for number in range({stages}):
        ci.stage(f"stage-{{number}}", run=Run(image="{image}", command=["true"]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare a run with the docker SDK alone.")
    parser.add_argument("--stages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--image", default="debian:bookworm-slim")
    arguments = parser.parse_args()
    docker = connect()
    with docker.api, tempfile.TemporaryDirectory() as directory:
        image = docker.image(arguments.image)
        if image is None:
            parser.error(f"the engine has no image {arguments.image}")
        planned = project(Path(directory), arguments.stages, image.id.removeprefix("sha256:"))
        whole, alone, ratios = [], [], []
        for number in range(1, arguments.rounds + 1):
            before = by_sdk(docker, image.id, arguments.stages)
            ours = by_run(docker, planned, Path(directory) / "runs")
            after = by_sdk(docker, image.id, arguments.stages)
            whole.append(ours)
            alone += [before, after]
            ratios.append(ours / statistics.mean([before, after]))
            seconds = f"SDK {before:.1f} s, run {ours:.1f} s, SDK {after:.1f} s"
            print(f"round {number}: {seconds}, ratio {ratios[-1]:.3f}", flush=True)
    print(f"medians: SDK {statistics.median(alone):.1f} s, run {statistics.median(whole):.1f} s")
    print(f"ratio: {statistics.median(ratios):.3f}")


def project(root: Path, stages: int, image: str) -> Plan:
    """Plan a project of so many stages."""
    file = root / ".pipeline" / "pipeline.py"
    file.parent.mkdir()
    file.write_text(textwrap.dedent(PROJECT).format(stages=stages, image=image))
    return plan(resolve(load(locate(file))), root)


def by_run(docker: SdkDocker, planned: Plan, base: Path) -> float:
    """Run the plan, and give the seconds that it took."""
    start = time.perf_counter()
    with claimed(base) as directory:
        status = run(planned, docker, Options(jobs=JOBS), lambda _: None, directory)
    seconds = time.perf_counter() - start
    if status is not Status.PASSED:
        raise SystemExit(f"the run {status.value}")
    return seconds


def by_sdk(docker: SdkDocker, image: str, stages: int) -> float:
    """Run as many containers by the SDK alone, and give the seconds that it took."""
    api = docker.api

    def container(_: int) -> int:
        created = api.create_container(image, ["true"])
        api.start(created)
        code: int = api.wait(created)["StatusCode"]
        api.remove_container(created)
        return code

    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        codes = set(pool.map(container, range(stages)))
    seconds = time.perf_counter() - start
    if codes != {0}:
        raise SystemExit(f"exit codes {codes}")
    return seconds


if __name__ == "__main__":
    main()
