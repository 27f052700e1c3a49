"""A run on a machine that has nothing, while others have left all in a cache repository."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING

from measures.project import copy_example, settle
from measures.registry import Registry
from measures.rows import Row, ratio
from measures.second import second_engine
from measures.sides import compare, seconds
from measures.workbench import all_cached

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from measures.engine import Engine
    from measures.workbench import Workbench

_BASE = "debian:bookworm-slim"


def fresh(bench: Workbench) -> Iterator[Row]:
    """Measure a run with an empty engine and an empty store beside one that has all on this machine."""
    registry = Registry(bench.directory / "registry")
    with registry.running(), second_engine(*bench.dockerd) as second:
        repository = f"{registry.address}/debian"
        bench.engine.push(_BASE, repository, "bookworm-slim")
        root = copy_example(bench.directory / "fresh", {_BASE: f"{repository}:bookworm-slim"})
        settle()
        with bench.cleared(root):
            yield from _rows(bench, registry, second, root)


def _rows(bench: Workbench, registry: Registry, second: Engine, root: Path) -> Iterator[Row]:
    scenario = "fresh machine, examples/node-service"
    here = bench.ours(root, "run", "--plain", "--cache-repo", f"{registry.address}/cache", check=all_cached)
    bench.prepare(here)
    probe = _Probe(registry, second, bench.store("fresh"))
    environ = bench.environ("fresh", second)
    there = dataclasses.replace(here, environ=environ, before=probe.empty, check=probe.check)
    fresh, local = map(seconds, compare([there, here], bench.rounds))
    asking = probe.seconds[1:]
    rest = [one - other for one, other in zip(fresh, asking, strict=True)]
    yield Row(scenario, "requests to the registry", [*map(float, probe.counts[1:])], ours=fresh)
    yield Row(scenario, "the same requests alone", asking, unit="s", ours=fresh)
    yield ratio(scenario, "(fresh - requests) / no-op", rest, local, 1.5)


class _Probe:
    """Looks at what a run on another machine does.

    Arguments:
        registry: where it finds what others have left.
        engine: its engine.
        store: its store.
    """

    def __init__(self, registry: Registry, engine: Engine, store: Path) -> None:
        self._registry = registry
        self._engine = engine
        self._store = store
        self.counts: list[int] = []
        self.seconds: list[float] = []

    def empty(self) -> None:
        """Let the machine be as new."""
        shutil.rmtree(self._store, ignore_errors=True)
        self._registry.asked()

    def check(self, output: str) -> None:
        """Make sure that nothing was done, pulled or run; see how long its requests take by themselves."""
        all_cached(output)
        if self._engine.image_ids() or self._engine.containers():
            raise SystemExit(f"the second engine got images or containers:\n{output}")
        requests = self._registry.asked()
        self.counts.append(len(requests))
        self.seconds.append(self._registry.ask(requests))
