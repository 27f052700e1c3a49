"""What the cache saves: runs that have nothing or little to do, against ``docker buildx bake``.

    python benchmarks/cache.py [--buildx PATH] [--rounds N] [--only NAME ...] [--json FILE] [--markdown]

Each command is a process of its own. They are measured in rounds, which begin with another one in turn; a
ratio is that of one round, and the table has the medians. docs/performance.md tells more. Needs the engine
of DOCKER_HOST with the image debian:bookworm-slim, git, and what the single scenarios say that they need.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from measures import change, machine, nothing, planning
from measures.engine import Engine
from measures.rows import Row, as_markdown, as_text
from measures.workbench import Workbench, find_buildx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SCENARIOS: dict[str, Callable[[Workbench], Iterator[Row]]] = {
    "eight-variants": nothing.eight_variants,
    "many-files": nothing.many_files,
    "cold": change.cold,
    "one-file": change.one_file,
    "nobodys-file": nothing.nobodys_file,
    "fresh": machine.fresh,
    "plan": planning.large_plan,
}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    # What was started and written goes away, too, when this is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    written = as_markdown if arguments.markdown else as_text
    if arguments.from_json:
        told = json.loads(arguments.from_json.read_text())
        print(written([Row(**row) for row in told["rows"]]))
        return
    engine = Engine(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    buildx = find_buildx(arguments.buildx)
    about = f"Engine {engine.version()}, Python {platform.python_version()}, {os.cpu_count()} processors"
    print(f"{about}, {arguments.rounds} rounds", file=sys.stderr)
    if buildx is None:
        print("There is no buildx: only our own times are measured.", file=sys.stderr)
    rows: list[Row] = []
    # Beside the user's cache, as the files of a project: not in memory, where many have /tmp.
    with tempfile.TemporaryDirectory(prefix="pipeline-dsl-", dir=arguments.directory) as directory:
        dockerd = shlex.split(arguments.dockerd)
        bench = Workbench(Path(directory), engine, arguments.rounds, buildx, (dockerd, _root(dockerd)))
        for name in arguments.only or SCENARIOS:
            for row in SCENARIOS[name](bench):
                rows.append(row)
                print("  ".join(filter(None, row.cells())), file=sys.stderr, flush=True)
    print(written(rows))
    if arguments.json:
        told = {"about": about, "rounds": arguments.rounds, "rows": [*map(dataclasses.asdict, rows)]}
        arguments.json.write_text(json.dumps(told, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what the cache saves.")
    parser.add_argument("--buildx", metavar="PATH", help="the program docker-buildx")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, metavar="NAME", help=", ".join(SCENARIOS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write all figures")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="print these, and measure nothing")
    parser.add_argument("--markdown", action="store_true", help="print the table as documentation holds it")
    parser.add_argument(
        "--directory", type=Path, help="where to write the projects (default: as for tempfile)"
    )
    parser.add_argument(
        "--dockerd",
        default="dockerd",
        metavar="COMMAND",
        help="what starts a second engine (default: dockerd)",
    )
    return parser.parse_args()


def _root(command: Sequence[str]) -> Path:
    """Give what a command takes for the root directory."""
    is_elsewhere = len(command) > 1 and Path(command[0]).name == "chroot"
    return Path(command[1]) if is_elsewhere else Path("/")


if __name__ == "__main__":
    main()
