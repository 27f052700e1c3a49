"""Builds from nothing, and builds after one change."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from typing import TYPE_CHECKING

from measures.nothing import VARIANTS
from measures.project import copy_example, rewrite, settle, write_files, write_project
from measures.rows import Row, alone, ratio
from measures.sides import compare, seconds
from measures.workbench import built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from measures.sides import Side
    from measures.workbench import Workbench

_EXAMPLE = ["test", "lint", "production"]
_ONLY_BUILD = {
    'unit = ci.stage("test", build=test, run=True)': 'ci.stage("test", build=test)',
    'style = ci.stage("lint", build=lint, run=True)': 'ci.stage("lint", build=lint)',
    ', run=["node", "smoke.js"], after=[unit, style]': "",
}

_GOLDEN_RATIO = (math.sqrt(5) - 1) / 2


def cold(bench: Workbench) -> Iterator[Row]:
    """Measure how long the images of ``examples/node-service`` take with nothing in the build cache."""
    root = copy_example(bench.directory / "cold", _ONLY_BUILD)
    forget = functools.partial(_forget_all, bench, root)
    ours, bake = bench.ours(root, "run", "--plain", check=built), bench.bake(root, _EXAMPLE)
    with bench.cleared(root):
        yield _built(bench, "cold build of examples/node-service", [(ours, forget), (bake, forget)], 1.05)


def one_file(bench: Workbench) -> Iterator[Row]:
    """Measure how long an image of 50,000 files takes of which one has changed."""
    roots = [bench.directory / name for name in ("change50", "change50-by-bake")]
    for root in roots:
        write_project(root, VARIANTS.format(variants=1))
        write_files(root / "src", 50_000)
    ours, bake = bench.ours(roots[0], "run", "--plain", check=built), bench.bake(roots[1], ["variant0"])
    mine, others = (functools.partial(next, _changes(root)) for root in roots)
    with bench.cleared(roots[0]), bench.cleared(roots[1]):
        yield _built(bench, "1 changed file of 50,000", [(ours, mine), (bake, others)], 1.0)


def _built(
    bench: Workbench, scenario: str, sides: Sequence[tuple[Side | None, Callable[[], None]]], limit: float
) -> Row:
    """Measure two sides, each with what is done before each time."""
    settle()
    given = [dataclasses.replace(side, before=before) for side, before in sides if side]
    mine, *others = map(seconds, compare(given, bench.rounds))
    return ratio(scenario, "ours / bake", mine, others[0], limit) if others else alone(scenario, mine)


def _changes(root: Path) -> Iterator[None]:
    """Change one file each time, another one than before; they come from all over the tree."""
    files = sorted(root.rglob("*.txt"))
    for number in itertools.count(1):
        rewrite(files[int(number * _GOLDEN_RATIO * len(files)) % len(files)])
        yield


def _forget_all(bench: Workbench, root: Path) -> None:
    bench.clear(root)
    bench.engine.prune()
