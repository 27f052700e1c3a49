"""A config is written as a person would write it, as its schema has it, and says what cannot be said."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.config import write
from pipeline_dsl.formats.config.arcs import arcs
from pipeline_dsl.formats.conversion import to_config_and_blubber
from pipeline_dsl.formats.python.references import OF_STAGE
from pipeline_dsl.model import (
    Artifact,
    Build,
    Chart,
    Credential,
    Deploy,
    Each,
    Email,
    Fetch,
    Merge,
    Notify,
    Pipeline,
    Project,
    Promote,
    Publish,
    Run,
    Service,
    Stage,
    Trigger,
    Variant,
    Webhook,
    setup,
)
from pipeline_dsl.resolve.references import BOUND_BY

if TYPE_CHECKING:
    from collections.abc import Callable

TEST = Variant("test", base="foo")
PRODUCTION = Variant("production", base="bar")


def written(pipeline: Pipeline, *more: Variant) -> str:
    """The config of a pipeline, without what is above its own keys."""
    project = Project("service", variants=[TEST, PRODUCTION, *more], pipelines=[pipeline])
    config, _ = to_config_and_blubber(project, lossy=False)
    head, _, rest = config.text.partition("    blubberfile: blubber.yaml\n")
    assert head == f"pipelines:\n  {pipeline.name}:\n"
    return textwrap.dedent(rest)


def test_each_form_is_the_shortest_one() -> None:
    ci = Pipeline("ci", directory="src/a", fetch=Fetch(depth=5), notify=Notify(email=Email(["a@b.org"])))
    test = ci.stage("test", build=TEST, run=True)
    candidate = ci.stage("candidate", build=PRODUCTION, publish=True, after=[test])
    ci.stage(
        "rest",
        build=Build(TEST, context="src/b", excludes=["*.md"], pull="never"),
        run=Run(
            arguments=["a", candidate.published_image],
            environment={"BRANCH": "${ZUUL_BRANCH}", "PRICE": '$5 "net"'},
            credentials=[Credential("KEY"), Credential("ID", variable="IT")],
            tail=-1,
        ),
        copy=["a", Artifact("b"), Artifact("c", destination="d", container=test.container)],
        publish=Publish(tag=setup.tag, tags=Each("x", of=test.output), overwrite=True),
        promote=True,
        deploy=Deploy(chart=Chart("x"), test=False, overrides={"a": [1, None]}),
        exports={
            "a": "${.imageTag}",
            "b": Merge(["x"], Each("y", of=test.output, value="${.y}${.imageTag}")),
        },
        trigger=Trigger("job", parameters={"A": "b"}, wait=True),
        notify=Notify(email=Email(["c@d.org"], subject="no")),
    )
    assert written(ci) == textwrap.dedent("""\
        directory: src/a
        fetch:
          depth: 5
        notify:
          email:
            to: [a@b.org]
        stages:
          - name: test
          - name: candidate
            build: production
            publish:
              image: true
          - name: rest
            build:
              variant: test
              context: src/b
              excludes: ['*.md']
              imagePullPolicy: never
            run:
              arguments: [a, '${candidate.publishedImage}']
              env:
                BRANCH: ${ZUUL_BRANCH}
                PRICE: \\$5 \\"net\\"
              credentials:
                - id: KEY
                  name: KEY
                - id: ID
                  name: IT
              tail: -1
            copy:
              - a
              - b
              - from: ${test.container}
                source: c
                destination: d
            publish:
              image:
                tag: ${setup.tag}
                tags:
                  $each: x
                  $in: ${test.output}
            promote:
              - chart: ${setup.projectShortName}
            deploy:
              chart:
                name: x
              test: false
              overrides:
                a: [1, null]
            exports:
              a: ${.imageTag}
              b:
                $merge: [x]
                $with:
                  $each: "y"
                  $in: ${test.output}
                  $yield: ${.y}${rest.imageTag}
            trigger:
              name: job
              parameters:
                A: b
              wait: true
            notify:
              email:
                to: c@d.org
                subject: 'no'
    """)


def test_an_order_is_said_where_stages_do_not_run_one_by_one() -> None:
    ci = Pipeline("ci")
    unit, lint = ci.stage("unit", build=TEST), ci.stage("lint", build=TEST)
    ci.stage("out", build=PRODUCTION, after=[unit, lint])
    assert written(ci).endswith("execution:\n  - [unit, out]\n  - [lint, out]\n")


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": "", "b": "a", "c": "ab"}, []),
        ({"a": "", "b": ""}, [["a"], ["b"]]),
        ({"a": "", "b": "a", "c": "", "d": "bc"}, [["a", "b", "d"], ["c", "d"]]),
        ({"a": "", "b": "a", "c": "a", "d": "abc"}, [["a", "b", "d"], ["a", "c", "d"]]),
        ({"a": "", "b": "a", "x": ""}, [["a", "b"], ["x"]]),
    ],
)
def test_arcs_are_long_and_say_nothing_twice(needs: dict[str, str], expected: list[list[str]]) -> None:
    assert arcs({name: list(text) for name, text in needs.items()}) == expected


def test_a_variant_that_builds_on_a_stage_stands_inside_the_config() -> None:
    """PipelineLib looks for expressions there only."""
    ci = Pipeline("ci")
    candidate = ci.stage("candidate", build=PRODUCTION)
    smoke = Variant("smoke", base=candidate.image, includes=[Variant("env", entrypoint=["sh", "${HOME}"])])
    ci.stage("smoke", build=Build(smoke, pull="missing"), run=True)
    assert written(ci, smoke) == textwrap.dedent("""\
        stages:
          - name: candidate
            build: production
          - name: smoke
            blubberfile:
              version: v4
              variants:
                env:
                  entrypoint: [sh, '${HOME}']
                smoke:
                  includes: [env]
                  base: ${candidate.imageLocalName}
            build:
              variant: smoke
              imagePullPolicy: missing
            run: true
    """)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (lambda: Stage("a", build=TEST, run=["x"]), "a config cannot say a program instead of the image's"),
        (lambda: Stage("a", build=TEST, run=Run(command=["x"])), "a config cannot say a program instead of"),
        (
            lambda: Stage("a", build=TEST, run=Run(services=[Service("db", image="x")])),
            "a config cannot say services.",
        ),
        (lambda: Stage("a", build=TEST, run=Run(memory="1g", cpus=1.5)), "a config cannot say a limit of"),
        (lambda: Stage("a", build=TEST, run=Run(retries=2)), "a config cannot say retries."),
        (
            lambda: Stage("a", build=TEST, run=Run(credentials=[Credential("K", key_file_variable="FF")])),
            "a config's schema rejects credentials that are not one variable.",
        ),
        (
            lambda: Stage("a", build=TEST, run=Run(arguments=["$${X:-y}"])),
            'PipelineLib aborts on a "${" that starts no expression',
        ),
        (
            lambda: Stage("a", build=TEST, run=Run(arguments=["${HOME|x}"])),
            "PipelineLib puts the default in the place of ${HOME|x}.",
        ),
        (
            lambda: Stage("a", build=TEST, run=Run(arguments=["${imageID}"])),
            "PipelineLib puts the stage's own value in the place of ${imageID}.",
        ),
        (
            lambda: Stage("a", build=TEST, run=Run(arguments=Merge(["a"], Each("x", of="${setup.tag}")))),
            "a config's schema rejects what is merged or nested here.",
        ),
        (
            lambda: Stage("a", build=TEST, run=True, copy=["*.xml"]),
            'PipelineLib copies no files by a pattern such as "*.xml".',
        ),
        (
            lambda: Stage("a", build=TEST, publish=True, promote=[Promote(version="1")]),
            "a config's schema rejects the version of what is promoted.",
        ),
        (
            lambda: Stage("a", build=TEST, publish=True, exports={"x": "${.publishedDigest}"}),
            "PipelineLib has no value for ${.publishedDigest}.",
        ),
        (
            lambda: Stage("a", build=TEST, notify=Notify(webhook=Webhook("https://x.org"))),
            "a config cannot say to whom to send what is not a mail.",
        ),
    ],
)
def test_what_a_config_cannot_say_is_an_error_with_the_authors_line(
    stage: Callable[[], Stage], message: str
) -> None:
    """Or a comment, and the rest is written."""
    made = stage()
    project = Project("service", variants=[TEST], pipelines=[Pipeline("ci", stages=[made])])
    with pytest.raises(DefinitionError) as refused:
        write(project)
    assert {problem.code for problem in refused.value.problems} == {"not-in-config"}
    assert all(problem.at is not None for problem in refused.value.problems)
    assert message in str(refused.value)
    assert write(project, lossy=True).text.startswith("# Lost: ")


def test_a_project_without_pipelines_has_no_config() -> None:
    with pytest.raises(DefinitionError, match="the project has no pipelines"):
        write(Project("service", variants=[TEST]))


def test_every_value_of_a_stage_has_an_attribute() -> None:
    """So that an import can write any of them."""
    assert OF_STAGE.keys() == {name for names in BOUND_BY.values() for name in names}
    assert all(hasattr(Stage, attribute) for attribute in OF_STAGE.values())
