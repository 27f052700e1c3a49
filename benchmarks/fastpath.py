"""What a run with nothing to do takes its time for, part by part.

    python benchmarks/fastpath.py [--rounds N] [--files N ...] [--image IMAGE]

Each part is measured in a process of its own, which has to do with nothing else: the imports, the look
whether the plan still is what it was made from, the look at a context of so many files, and the questions
to the engine. Then come whole processes. Needs the engine of DOCKER_HOST.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from measures.engine import Engine
from measures.nothing import VARIANTS
from measures.project import settle, write_files, write_project
from measures.sides import Side, compare, seconds
from measures.workbench import Workbench, all_cached

if TYPE_CHECKING:
    from collections.abc import Sequence

_IMPORT = """
    import pipeline_dsl.fastpath.attempt
"""
_PLAN = """
    from pipeline_dsl.cache.store import Store, default_root
    from pipeline_dsl.fastpath.keeping import kept
    from pipeline_dsl.fastpath.surroundings import Surroundings
    start()
    assert kept(Store(default_root(os.environ)), Surroundings(["run", "--plain"], os.environ))
"""
_CONTEXT = """
    from pipeline_dsl.cache.store import Store, default_root
    from pipeline_dsl.context.contexts import ContextRequest, Contexts
    from pipeline_dsl.context.selection import Selection
    from pipeline_dsl.fastpath.keeping import kept
    from pipeline_dsl.fastpath.surroundings import Surroundings
    store = Store(default_root(os.environ))
    build = kept(store, Surroundings(["run", "--plain"], os.environ))["builds"][0]
    selections = [Selection(tuple(one), tuple(two), three) for one, two, three in build["selections"]]
    request = ContextRequest(os.getcwd(), tuple(selections), tuple(build["excludes"]))
    start()
    Contexts(store).digest(request)
"""
_ENGINE = """
    from pipeline_dsl.cache.engine import Engine
    engine = Engine.from_environment(os.environ)
    start()
    assert engine.image({image!r})
"""
_PLATFORM = """
    from pipeline_dsl.cache.engine import Engine
    engine = Engine.from_environment(os.environ)
    start()
    engine.platform()
"""
_AROUND = """
import os
import sys
import time

started = [time.perf_counter()]


def start():
    started.append(time.perf_counter())


{part}
print((time.perf_counter() - started[-1]) * 1000)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the parts of a run with nothing to do.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    parser.add_argument("--image", default="debian:bookworm-slim")
    arguments = parser.parse_args()
    engine = Engine(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    with tempfile.TemporaryDirectory(prefix="pipeline-dsl-") as directory:
        bench = Workbench(Path(directory), engine, arguments.rounds, None, ([], Path("/")))
        python = Side([sys.executable, "-c", "pass"], bench.directory, bench.environ())
        show("whole process: python -c pass", seconds(compare([python], arguments.rounds)[0]))
        show_part(bench, bench.directory, "imports of the fast path", _IMPORT)
        show_part(bench, bench.directory, "engine: one image", _ENGINE.format(image=arguments.image))
        show_part(bench, bench.directory, "engine: its platform", _PLATFORM)
        for files in arguments.files:
            show_project(bench, files)


def show_project(bench: Workbench, files: int) -> None:
    """Measure what depends on the project."""
    root = write_project(bench.directory / f"fastpath{files}", VARIANTS.format(variants=1))
    write_files(root / "src", files)
    settle()
    ours = bench.ours(root, "run", "--plain", check=all_cached)
    with bench.cleared(root):
        bench.prepare(ours)
        show_part(bench, root, f"{files:,} files: is the plan the same", _PLAN)
        show_part(bench, root, f"{files:,} files: are the files the same", _CONTEXT)
        show(f"{files:,} files: whole process", seconds(compare([ours], bench.rounds)[0]))


def show_part(bench: Workbench, root: Path, name: str, part: str) -> None:
    """Measure a part, in processes of its own, and print the milliseconds."""
    program = _AROUND.format(part=textwrap.dedent(part))
    command = [sys.executable, "-c", program]
    told = [
        subprocess.run(command, cwd=root, env=bench.environ(), check=True, stdout=subprocess.PIPE).stdout
        for _ in range(bench.rounds)
    ]
    show(name, [float(one) / 1000 for one in told])


def show(name: str, values: Sequence[float]) -> None:
    """Print a line: the median, and the best and the worst."""
    figures = (statistics.median(values), min(values), max(values))
    print(f"{name:<40} {'  '.join(f'{figure * 1000:7.1f} ms' for figure in figures)}", flush=True)


if __name__ == "__main__":
    main()
