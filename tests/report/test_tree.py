"""The tree that ``plan`` prints."""

from __future__ import annotations

from pipeline_dsl.engine.events import StageId, StageOutline, StepOutline
from pipeline_dsl.report.prediction import Prediction
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


def test_what_becomes_of_a_step_is_told_with_the_reason() -> None:
    """Reasons stand below one another; a step that nothing is known of will be taken."""
    test, candidate = StageId("ci", "test"), StageId("ci", "candidate")
    drawn = tree(
        [
            StageOutline(test, (StepOutline("build", "test"), RUN)),
            StageOutline(candidate, (BUILD, RUN, StepOutline("publish", "links:1")), needs=("test",)),
        ],
        {
            (test, "build"): Prediction("cached", "built 2 h ago"),
            (test, "run"): Prediction("may run", "src/app.js changed"),
            (candidate, "build"): Prediction("cached"),
            (candidate, "publish"): Prediction("will push", "never pushed here"),
        },
    )
    assert (
        drawn
        == """\
ci
├─ test       build   test        cached     built 2 h ago
│             run     npm test    may run    src/app.js changed
└─ candidate  build   production  cached
              run     npm test    will run
              publish links:1     will push  never pushed here
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
