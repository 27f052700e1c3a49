"""Runs that have nothing to do."""

from __future__ import annotations

import dataclasses
import functools
import os
from typing import TYPE_CHECKING

from measures.project import commit, rewrite, settle, write_files, write_project
from measures.rows import Row, alone, ratio
from measures.sides import Sample, Side, compare, seconds
from measures.workbench import all_cached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measures.workbench import Workbench

VARIANTS = """
    from pipeline_dsl import Pipeline, Variant

    ci = Pipeline("ci")
    for number in range({variants}):
        name, entrypoint = f"variant{{number}}", ["echo", str(number)]
        variant = Variant(name, base="debian:bookworm-slim", copies=["local"], entrypoint=entrypoint)
        ci.stage(f"stage{{number}}", build=variant)
"""
_PART = """
    from pipeline_dsl import Copy, Pipeline, Variant

    source = Copy("local", source="src")
    app = Variant("app", base="debian:bookworm-slim", copies=[source], entrypoint=["ls"])
    ci = Pipeline("ci")
    ci.stage("app", build=app)
"""
_MEGABYTE = 10**6


def eight_variants(bench: Workbench) -> Iterator[Row]:
    """Measure 8 variants that copy the same 10,000 files each."""
    scenario = "no-op, 8 variants, 10,000 files"
    root = write_project(bench.directory / "noop8", VARIANTS.format(variants=8))
    write_files(root / "src", 10_000)
    settle()
    ours = bench.ours(root, "run", "--plain", check=all_cached)
    bake = bench.bake(root, [f"variant{number}" for number in range(8)])
    with bench.cleared(root):
        mine, *others = map(seconds, _compare(bench, ours, bake))
    yield ratio(scenario, "ours / bake", mine, others[0], 0.5) if others else alone(scenario, mine)


def many_files(bench: Workbench) -> Iterator[Row]:
    """Measure one variant that copies 50,000 files, beside git, which looks at the same files."""
    scenario = "no-op, 1 variant, 50,000 files"
    root = write_project(bench.directory / "noop50", VARIANTS.format(variants=1))
    write_files(root / "src", 50_000)
    commit(root)
    settle()
    ours, git = (
        bench.ours(root, "run", "--plain", check=all_cached),
        Side(["git", "status"], root, os.environ),
    )
    with bench.cleared(root):
        samples = _compare(bench, ours, git, bench.bake(root, ["variant0"]))
    mine, gits, *others = map(seconds, samples)
    yield ratio(scenario, "ours / bake", mine, others[0], 0.3) if others else alone(scenario, mine)
    yield ratio(scenario, "ours / git status", mine, gits, 2.5)
    memory = [sample.memory / _MEGABYTE for sample in samples[0]]
    yield Row(scenario, "peak memory", memory, unit="MB", ours=mine, limit=150)


def nobodys_file(bench: Workbench) -> Iterator[Row]:
    """Measure what a changed file costs that no variant copies, in a small tree and in a large one."""
    for files in (1_000, 50_000):
        root = write_project(bench.directory / f"other{files}", _PART)
        for folder in ("src", "other"):
            write_files(root / folder, files // 2)
        settle()
        quiet = bench.ours(root, "run", "--plain", check=all_cached)
        change = functools.partial(rewrite, root / "other" / "000" / "file0.txt")
        with bench.cleared(root):
            bench.prepare(quiet)
            samples = compare([dataclasses.replace(quiet, before=change), quiet], bench.rounds)
        scenario = f"a file changed that no variant copies, {files:,} files"
        yield ratio(scenario, "ours / no-op", *map(seconds, samples), 1.5)


def _compare(bench: Workbench, *sides: Side | None) -> list[list[Sample]]:
    """Compare commands when all is built."""
    there = [side for side in sides if side]
    for side in there:
        bench.prepare(side)
    return compare(there, bench.rounds)
