"""Builds from nothing, and builds after one change."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

from measures.nothing import VARIANTS
from measures.project import copy_example, rewrite, settle, write_files, write_project
from measures.rows import Row, alone, ratio
from measures.sides import compare, seconds
from measures.workbench import built

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from measures.workbench import Workbench

_EXAMPLE = ["test", "lint", "production"]
_ONLY_BUILD = {
    'unit = ci.stage("test", build=test, run=True)': 'ci.stage("test", build=test)',
    'style = ci.stage("lint", build=lint, run=True)': 'ci.stage("lint", build=lint)',
    ', run=["node", "smoke.js"], after=[unit, style]': "",
}


def cold(bench: Workbench) -> Iterator[Row]:
    """Measure how long the images of ``examples/node-service`` take with nothing in the build cache."""
    root = copy_example(bench.directory / "cold", _ONLY_BUILD)
    forget = functools.partial(_forget_all, bench, root)
    yield _built(bench, "cold build of examples/node-service", root, _EXAMPLE, forget, 1.05)


def one_file(bench: Workbench) -> Iterator[Row]:
    """Measure how long an image of 50,000 files takes of which one has changed."""
    root = write_project(bench.directory / "change50", VARIANTS.format(variants=1))
    write_files(root / "src", 50_000)
    change = functools.partial(rewrite, root / "src" / "250" / "file25000.txt")
    yield _built(bench, "1 changed file of 50,000", root, ["variant0"], change, 1.0)


def _built(  # noqa: PLR0913, PLR0917 -- all that tells the two scenarios apart
    bench: Workbench,
    scenario: str,
    root: Path,
    variants: Sequence[str],
    before: Callable[[], None],
    limit: float,
) -> Row:
    settle()
    ours, bake = bench.ours(root, "run", "--plain", check=built), bench.bake(root, variants)
    sides = [dataclasses.replace(side, before=before) for side in (ours, bake) if side]
    with bench.cleared(root):
        mine, *others = map(seconds, compare(sides, bench.rounds))
    return ratio(scenario, "ours / bake", mine, others[0], limit) if others else alone(scenario, mine)


def _forget_all(bench: Workbench, root: Path) -> None:
    bench.clear(root)
    bench.engine.prune()
