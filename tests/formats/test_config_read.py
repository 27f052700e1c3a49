"""Everything that PipelineLib's engine took is read, in its short forms and its long ones: §1 of its spec."""

from __future__ import annotations

import pytest

from pipeline_dsl.model import (
    Artifact,
    Build,
    Chart,
    Credential,
    Deploy,
    Email,
    Fetch,
    Notify,
    Promote,
    Publish,
    Run,
    Trigger,
    Variant,
)
from tests.formats.configs import read, read_pipeline, read_stage, whole


def built(stage_text: str) -> Variant:
    build = read_stage(stage_text).build
    assert isinstance(build, Variant)
    return build


def test_a_name_alone_builds_the_variant_of_that_name_and_runs_it() -> None:
    stage = read_stage("- name: test")
    assert isinstance(stage.build, Variant)
    assert (stage.name, stage.build.name, stage.run) == ("test", "test", True)


def test_a_second_key_ends_the_short_form() -> None:
    """Such as exports; the stage then builds and runs nothing."""
    stage = read_stage("- {name: test, exports: {a: b}}")
    assert (stage.build, stage.run, stage.exports) == (None, None, {"a": "b"})


def test_a_variant_is_enough_of_a_build() -> None:
    assert built("- {name: candidate, build: production}").name == "production"
    assert built("- {name: candidate, build: {variant: production}}").name == "production"
    assert built("- {name: test, build: {context: .}}").name == "test"


@pytest.mark.parametrize(
    ("policy", "pull"), [("always", "always"), ("never", "never"), ("IfNotPresent", "missing")]
)
def test_any_other_pull_policy_pulls_what_is_missing(policy: str, pull: str) -> None:
    stage = read_stage(f"- {{name: test, build: {{variant: test, imagePullPolicy: {policy}}}}}")
    assert isinstance(stage.build, Build)
    assert stage.build.pull == pull


def test_context_and_excludes_are_read() -> None:
    stage = read_stage("- {name: x, build: {variant: test, context: src/a, excludes: [a, '*.b']}}")
    assert isinstance(stage.build, Build)
    assert (stage.build.context, stage.build.excludes, stage.build.pull) == ("src/a", ("a", "*.b"), None)


@pytest.mark.parametrize("run", ["true", "{image: '${.imageID}'}", "{tail: 0}", "{arguments: [], tail: 1}"])
def test_a_run_of_the_own_image_is_true_unless_it_says_more(run: str) -> None:
    stage = read_stage(f"- {{name: test, build: test, run: {run}}}")
    assert stage.run == (Run(tail=1) if "tail: 1" in run else True)


@pytest.mark.parametrize("nothing", ["false", "~", "{}", "[]", "''", "0"])
@pytest.mark.parametrize("step", ["run", "copy", "publish", "promote", "deploy", "exports", "trigger"])
def test_an_empty_value_is_absent(step: str, nothing: str) -> None:
    """§1.5, 8."""
    stage = read_stage(f"- {{name: test, build: test, {step}: {nothing}}}")
    assert not getattr(stage, step)


def test_a_run_is_read() -> None:
    text = """
        - name: test
          build: test
          run:
            arguments: [a, 1, 1.5, true]
            env: {A_B: x, HOW: 5}
            credentials:
              - {id: KEY, name: KEY}
              - {id: TOKEN, name: IT}
              - {id: pair, usernameVariable: USER, passwordVariable: PASS}
              - {id: ssh, keyFileVariable: FILE}
            tail: -3
    """
    assert read_stage(text).run == Run(
        arguments=["a", "1", "1.5", "true"],
        environment={"A_B": "x", "HOW": "5"},
        credentials=[
            Credential("KEY"),
            Credential("TOKEN", variable="IT"),
            Credential("pair", username_variable="USER", password_variable="PASS"),  # noqa: S106 -- names
            Credential("ssh", key_file_variable="FILE"),
        ],
        tail=-1,
    )


def test_files_to_copy_are_read() -> None:
    """A destination that is the source, and a container that is the own one, need not be said."""
    text = """
        - name: test
          build: test
          run: true
          copy:
            - /srv/app/a
            - {source: /srv/app/b, from: "${.container}", destination: /srv/app/b, archive: false}
            - {source: /srv/app/c, destination: ccc, archive: true}
    """
    assert read_stage(text).copy == (
        "/srv/app/a",
        "/srv/app/b",
        Artifact("/srv/app/c", destination="ccc", archive=True),
    )


@pytest.mark.parametrize(
    ("image", "publish"),
    [
        ("true", True),
        ("{id: '${.imageID}', name: '${setup.project}'}", True),
        ("{tag: '${setup.timestamp}-${.stage}', tags: ['${setup.tag}']}", True),
        ("{tags: []}", True),
        ("{tags: ['', '']}", Publish(tags=[])),
        ("{name: other}", Publish(name="other")),
        ("{tag: '${setup.tag}'}", Publish(tag="${setup.tag}")),
        ("{tag: '${setup.commit}-${.stage}'}", Publish(tag="${setup.commit}-out")),
        ("{tags: [latest, '${setup.tag}']}", Publish(tags=["latest", "${setup.tag}"], overwrite=True)),
        ("{tag: '${setup.branch}'}", Publish(tag="${setup.branch}", overwrite=True)),
        ("{tags: ['${test.imageTag}-x']}", Publish(tags=["${test.imageTag}-x"])),
    ],
)
def test_publishing_is_read(image: str, publish: bool | Publish) -> None:  # noqa: FBT001 -- what is expected
    """A tag that another run would have again is one that is moved."""
    text = f"""
        - {{name: test, build: test, publish: {{image: true}}}}
        - {{name: out, build: production, publish: {{image: {image}}}}}
    """
    assert read_stage(text).publish == publish


@pytest.mark.parametrize(
    ("value", "promote"),
    [
        ("true", True),
        ("[{}]", (Promote(),)),
        ("[{chart: a, environments: [b]}, {version: '1'}]", None),
        ("[{chart: '${setup.projectShortName}', version: '${.imageTag}'}]", (Promote(),)),
    ],
)
def test_promotion_is_read(value: str, promote: object) -> None:
    """Also `true`, and a version, which the schema rejects and the engine took."""
    stage = read_stage(f"- {{name: test, build: test, publish: {{image: true}}, promote: {value}}}")
    expected = promote or (Promote(chart="a", environments=["b"]), Promote(version="1"))
    assert stage.promote == expected


@pytest.mark.parametrize(
    ("value", "deploy"),
    [
        ("{chart: {name: a, version: 0.1}}", Deploy(chart=Chart("a", version="0.1"))),
        ("{test: false}", Deploy(test=False)),
        ("{cluster: ci, timeout: '300', image: x}", Deploy(timeout=300, image="x")),
        ("{image: '${.imageName}', tag: '${.imageTag}', test: true, cluster: ci}", Deploy()),
        ("{overrides: {a: {b: 1}}, chart: {}}", Deploy(overrides={"a": {"b": 1}})),
        (
            "{overrides: {$merge: {a: 1, b: 2}, $with: {b: '${setup.tag}'}}}",
            Deploy(overrides={"a": 1, "b": "${setup.tag}"}),
        ),
    ],
)
def test_a_deployment_is_read(value: str, deploy: Deploy) -> None:
    stage = read_stage(f"- {{name: test, build: test, publish: {{image: true}}, deploy: {value}}}")
    assert stage.deploy == deploy


def test_exports_keep_their_types_and_see_those_before_them() -> None:
    text = """
        - name: test
          exports: {a: [1, x], b: {c: 1.5, d: ~, e: true}, f: "${.a}"}
    """
    exports = read_stage(text).exports
    assert exports == {"a": (1, "x"), "b": {"c": 1.5, "d": None, "e": True}, "f": "${.a}"}


def test_a_trigger_is_read() -> None:
    text = "- {name: x, trigger: {name: j, parameters: {A: 1}, wait: true, propagate: false}}"
    assert read_stage(text).trigger == Trigger("j", parameters={"A": "1"}, wait=True, propagate=False)


def test_notices_are_read() -> None:
    """A stage need not say again to whom; several recipients may stand in one string."""
    pipeline = read_pipeline("""
        notify: {email: {to: "a@x.org, b@x.org", subject: "${setup.pipeline}/${.stage}"}}
        stages:
          - {name: one, build: test, notify: {email: {body: "${.imageID} in ${.stage}"}}}
          - {name: two, build: test, notify: {email: {to: [c@x.org]}}}
          - {name: three, build: test, notify: {}}
    """)
    email = Email(["a@x.org", "b@x.org"], subject="${setup.pipeline}/${.stage}")
    assert pipeline.notify == Notify(email=email)
    assert [stage.notify for stage in pipeline.stages] == [
        Notify(email=Email([], body="${.imageID} in one")),
        Notify(email=Email(["c@x.org"])),
        None,
    ]


def test_a_pipeline_is_read() -> None:
    pipeline = read_pipeline("""
        directory: src/./service1/
        fetch: {shallow: false, depth: 5, tags: yes}
        stages: [{name: test}]
    """)
    assert pipeline.directory == "src/service1"
    assert pipeline.fetch == Fetch(shallow=False, depth=5, tags=True)


@pytest.mark.parametrize("directory", [".", "", "./"])
def test_the_root_need_not_be_said(directory: str) -> None:
    assert read_pipeline(f"directory: '{directory}'\nstages: [{{name: test}}]").directory == "."


def test_other_keys_of_the_file_may_hold_anchors() -> None:
    """§1.2: they are tolerated."""
    reading = read("""
        x-env: &env {A_B: c}
        pipelines:
          one: {blubberfile: blubber.yaml, stages: [{name: x, build: test, run: {env: *env}}]}
          two: {blubberfile: blubber.yaml, stages: [{name: test}]}
    """)
    assert [pipeline.name for pipeline in reading.project.pipelines] == ["one", "two"]
    run = reading.project.pipelines[0].stages[0].run
    assert isinstance(run, Run)
    assert run.environment == {"A_B": "c"}
    assert reading.warnings == ()


def test_a_stage_that_is_called_otherwise_here_keeps_its_tag_and_its_variant() -> None:
    reading = read(whole("stages: [{name: test, build: test}, {name: a b, run: {image: '${test.imageID}'}}]"))
    assert [stage.name for stage in reading.project.pipelines[0].stages] == ["test", "a-b"]
    stage = read_stage("- {name: v1.0, build: test, publish: {image: true}, exports: {a: '${.stage}'}}")
    assert stage.name == "v1-0"
    assert stage.publish == Publish(tag="${setup.timestamp}-v1.0")
    assert stage.exports == {"a": "v1.0"}


def test_a_stage_without_a_name_gets_one() -> None:
    assert [stage.name for stage in read_pipeline("stages: [{build: test}, {name: test}]").stages] == [
        "stage-1",
        "test",
    ]
