"""The graph of stages, in each of its forms."""

from __future__ import annotations

import pytest

from pipeline_dsl.engine.events import StageId, StageOutline, StepOutline
from pipeline_dsl.report.graph import FORMATS

STAGES = [
    StageOutline(
        StageId("ci", "test"), (StepOutline("build", "test"), StepOutline("run", 'sh -c "a\\b" <x>#1'))
    ),
    StageOutline(StageId("ci", "lint"), (StepOutline("run", "npm run lint"),)),
    StageOutline(StageId("ci", "candidate"), (StepOutline("build", "production"),), ("test", "lint")),
    StageOutline(StageId("the nightly", "test"), (StepOutline("run", "make `soak`"),)),
]

TEXT = """\
ci
  test
  lint
  candidate ← test, lint
the nightly
  test
"""

MERMAID = """\
flowchart LR
  subgraph p0["ci"]
    s0["test<br>build test<br>run sh -c #34;a\\b#34; #60;x#62;#35;1"]
    s1["lint<br>run npm run lint"]
    s2["candidate<br>build production"]
  end
  subgraph p1["the nightly"]
    s3["test<br>run make #96;soak#96;"]
  end
  s0 --> s2
  s1 --> s2
"""

DOT = """\
digraph {
  rankdir=LR;
  node [shape=box];
  subgraph "cluster_ci" {
    label="ci";
    "ci/test" [label="test\\nbuild test\\nrun sh -c \\"a\\\\b\\" <x>#1"];
    "ci/lint" [label="lint\\nrun npm run lint"];
    "ci/candidate" [label="candidate\\nbuild production"];
  }
  subgraph "cluster_the nightly" {
    label="the nightly";
    "the nightly/test" [label="test\\nrun make `soak`"];
  }
  "ci/test" -> "ci/candidate";
  "ci/lint" -> "ci/candidate";
}
"""


@pytest.mark.parametrize(("form", "expected"), [("text", TEXT), ("mermaid", MERMAID), ("dot", DOT)])
def test_stages_of_one_name_in_two_pipelines_are_two_and_arrows_lead_to_what_waits(
    form: str, expected: str
) -> None:
    assert expected == FORMATS[form](STAGES)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("text", ""),
        ("mermaid", "flowchart LR\n"),
        ("dot", "digraph {\n  rankdir=LR;\n  node [shape=box];\n}\n"),
    ],
)
def test_a_graph_without_stages_is_still_one(form: str, expected: str) -> None:
    assert expected == FORMATS[form]([])
