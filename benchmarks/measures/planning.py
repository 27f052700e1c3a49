"""Plans of large projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measures.project import write_project
from measures.rows import Row, ratio
from measures.sides import compare, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measures.workbench import Workbench

_PROJECT = """
    from pipeline_dsl import Pipeline, Variant

    ci = Pipeline("ci")
    base = Variant("base", base="debian:bookworm-slim", copies=["local"])
    for number in range({variants} - 1):
        variant = Variant(f"variant{{number}}", includes=[base], entrypoint=["echo", str(number)])
        first = ci.stage(f"first{{number}}", build=variant, run=True)
        ci.stage(f"second{{number}}", build=variant, run=["echo", "again"], after=[first])
"""


def large_plan(bench: Workbench) -> Iterator[Row]:
    """Measure the plan of 1,000 variants and 2,000 stages, and one of twice as many."""
    sides = [
        bench.ours(
            write_project(bench.directory / f"plan{variants}", _PROJECT.format(variants=variants)),
            "plan",
            check=lambda _: None,
        )
        for variants in (1_000, 2_000)
    ]
    once, twice = map(seconds, compare(sides, bench.rounds))
    yield Row("plan of 1,000 variants, 2,000 stages", "time", once, unit="s", ours=once, limit=2)
    yield ratio("plan of 2,000 variants, 4,000 stages", "twice / once", twice, once, 2.2)
