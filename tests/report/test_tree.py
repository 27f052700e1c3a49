"""The tree that ``plan`` prints."""

from __future__ import annotations

from pipeline_dsl.engine.events import StageId, StageOutline, StepOutline
from pipeline_dsl.report.tree import tree

BUILD = StepOutline("build", "production")
RUN = StepOutline("run", "npm test")


def test_each_step_has_a_line_below_its_pipeline_and_beside_its_stage() -> None:
    drawn = tree(
        [
            StageOutline(StageId("ci", "test"), (StepOutline("build", "test"), RUN)),
            StageOutline(StageId("ci", "candidate"), (BUILD,), needs=("test",)),
            StageOutline(StageId("nightly", "soak"), (RUN,)),
        ]
    )
    assert (
        drawn
        == """\
ci
├─ test       build test        will build
│             run   npm test    will run
└─ candidate  build production  will build
nightly
└─ soak  run npm test  will run
"""
    )


def test_a_long_title_is_cut() -> None:
    long = StepOutline("run", f"sh -c {'x' * 60}")
    drawn = tree([StageOutline(StageId("ci", "test"), (long, BUILD))])
    assert (
        drawn
        == f"""\
ci
└─ test  run   sh -c {"x" * 43}…  will run
         build production{" " * 40}  will build
"""
    )


def test_without_stages_there_is_nothing() -> None:
    assert tree([]) == ""
