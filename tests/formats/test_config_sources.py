"""Variants come from all Blubber files that a config names, and from those inside it."""

from __future__ import annotations

import textwrap

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.config import is_config
from pipeline_dsl.formats.conversion import config_to_pipeline
from pipeline_dsl.model import Build, Variant
from pipeline_dsl.resolve import resolve
from tests.formats.configs import BLUBBER, Files, read, read_stage, whole

MONOREPO = """
pipelines:
  api:
    directory: services/api
    stages: [{name: test}]
  web:
    directory: services/web
    stages: [{name: test}, {name: lint, build: build}]
"""
API = "version: v4\nbase: python\nlives: {in: /srv/api}\nvariants: {test: {entrypoint: [pytest]}}\n"
WEB = """\
version: v4
base: node
variants:
  build: {copies: [local], base: node-devel}
  test: {includes: [build], entrypoint: [npm, test]}
"""


def converted(text: str, files: dict[str, str]) -> str:
    return config_to_pipeline(textwrap.dedent(text), "config.yaml", "service", Files(files)).text


def names(text: str, files: dict[str, str]) -> list[str]:
    return [variant.name for variant in read(text, files).project.variants]


def test_each_pipeline_has_a_file_of_its_own_by_default() -> None:
    """What is at the top level of several files is a variant that the others include."""
    project = read(MONOREPO, {"api/blubber.yaml": API, "web/blubber.yaml": WEB}).project
    assert [pipeline.directory for pipeline in project.pipelines] == ["services/api", "services/web"]
    variants = {variant.name: variant for variant in project.variants}
    assert [*variants] == ["api-common", "api-test", "web-common", "build", "web-test"]
    assert [one.name for one in variants["build"].includes] == ["web-common"]
    assert [one.name for one in variants["web-test"].includes] == ["build"]
    resolved = resolve(project).variants
    assert (resolved["api-test"].base, resolved["api-test"].directory) == ("python", "/srv/api")
    assert (resolved["web-test"].base, resolved["web-test"].directory) == ("node-devel", "/srv/app")
    builds = [stage.build for pipeline in project.pipelines for stage in pipeline.stages]
    assert [build.name for build in builds if isinstance(build, Variant)] == ["api-test", "web-test", "build"]


def test_a_file_that_several_pipelines_name_is_read_once() -> None:
    text = """
        pipelines:
          one: {blubberfile: blubber.yaml, stages: [{name: test}]}
          two: {blubberfile: ./blubber.yaml, stages: [{name: production, build: production}]}
    """
    assert names(text, {"blubber.yaml": BLUBBER}) == ["build", "test", "production"]


def test_what_all_files_say_at_the_top_belongs_to_the_project() -> None:
    files = {"api/blubber.yaml": WEB, "web/blubber.yaml": WEB.replace("npm, test", "npm, t")}
    project = read(MONOREPO, files).project
    assert project.base == "node"
    assert [variant.name for variant in project.variants] == ["build", "api-test", "web-test"]


def test_a_variant_that_is_the_same_in_two_files_is_one() -> None:
    """With all that it refers to."""
    assert names(MONOREPO, {"api/blubber.yaml": WEB, "web/blubber.yaml": WEB}) == ["build", "test"]


def test_a_blubber_file_may_be_named_by_what_is_known() -> None:
    text = """
        pipelines:
          one:
            blubberfile: "${setup.pipeline}/${.stage}.yaml"
            stages: [{name: test, build: "${.stage}"}]
    """
    assert names(text, {"one/test.yaml": BLUBBER}) == ["build", "test", "production"]


def test_a_stage_may_have_a_blubber_file_inside_that_builds_on_an_earlier_image() -> None:
    """It is defined behind the stage whose image it builds on; its strings refer to it."""
    text = """
        pipelines:
          ci:
            blubberfile: blubber.yaml
            stages:
              - {name: candidate, build: production}
              # Looks whether it starts.
              - name: smoke
                blubberfile:
                  version: v4
                  variants:
                    smoke:
                      base: "${candidate.imageLocalName}" # the image
                      entrypoint: [sh, -c, 'test -n "${HOME}"']
                build: {variant: smoke, imagePullPolicy: never}
                run: true
    """
    assert converted(text, {"blubber.yaml": BLUBBER}) == textwrap.dedent("""\
        from pipeline_dsl import Build, Pipeline, Variant

        build = Variant("build", base="foo", copies=["local"])

        test = Variant("test", includes=[build], entrypoint=["make", "test"])

        production = Variant("production", base="bar", copies=[build])

        ci = Pipeline("ci")
        candidate = ci.stage("candidate", build=production)

        smoke = Variant(
            "smoke",
            # the image
            base=candidate.image,
            entrypoint=["sh", "-c", 'test -n "${HOME}"'],
        )

        # Looks whether it starts.
        ci.stage("smoke", build=Build(smoke, pull="never"), run=True)
    """)


def test_a_pipeline_may_have_a_blubber_file_inside() -> None:
    """Whatever in it is known by a comprehension is worked out."""
    text = """
        pipelines:
          ci:
            blubberfile:
              version: v4
              base: foo
              variants:
                test: {apt: {packages: {$each: x, $in: "make gcc", $delimiter: " "}}}
            stages: [{name: test}, {name: again, build: test}]
    """
    project = read(text, {}).project
    assert [variant.name for variant in project.variants] == ["test"]
    assert resolve(project).variants["test"].apt.packages == {"default": ("make", "gcc")}


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("{name: x, build: tset}", 'config.yaml:6:26: there is no variant "tset" in blubber.yaml.'),
        (
            "{name: x, build: test, blubberfile: no.yaml}",
            "config.yaml:6:45: there is no Blubber file no.yaml, which this builds from.",
        ),
        (
            "{name: x, build: '${setup.branch}'}",
            'config.yaml:6:26: which variant "${setup.branch}" is will only be known at run time.',
        ),
        (
            "{name: x, build: test, blubberfile: '${setup.tag}.yaml'}",
            'config.yaml:6:45: which Blubber file "${setup.tag}.yaml" is will only be known at run time.',
        ),
        (
            "{name: x, build: test, blubberfile: {version: v4, variants: {test: {bse: a}}}}",
            'config.yaml:6:77: there is no key "bse" here. Did you mean "base"?',
        ),
        (
            "{name: x, build: test, blubberfile: {version: v4, base: {$each: x, $in: '${setup.tag}'}}}",
            "config.yaml:6:65: what is in a Blubber file cannot wait for run time.",
        ),
    ],
)
def test_a_variant_or_a_file_that_is_not_there_is_an_error(stage: str, message: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read(whole(f"stages:\n  - {{name: ok, build: test}}\n  - {stage}"))
    assert str(refused.value).startswith(message)


def test_a_file_that_nothing_is_built_from_need_not_be_there() -> None:
    assert names("pipelines: {p: {blubberfile: no.yaml, stages: [{name: x, exports: {a: b}}]}}", {}) == []


def test_the_top_level_of_several_files_cannot_take_files_from_their_variants() -> None:
    """A variant that the others include cannot refer to one of them."""
    top = "version: v4\nbuilder: {command: make, mounts: [tools]}\n"
    web = f"{top}variants: {{tools: {{}}, test: {{base: x}}, build: {{}}}}\n"
    with pytest.raises(DefinitionError, match='the top level takes files from variant "tools"'):
        read(MONOREPO, {"api/blubber.yaml": API, "web/blubber.yaml": web})


def test_what_is_wrong_in_all_files_is_told_at_once() -> None:
    files = {"api/blubber.yaml": API.replace("base", "bass"), "web/blubber.yaml": WEB.replace("v4", "v9")}
    with pytest.raises(DefinitionError) as refused:
        read(MONOREPO + "    execution: [[test, tset]]\n", files)
    assert [str(problem.at) for problem in refused.value.problems] == [
        "api/blubber.yaml:2:1",
        "config.yaml:8:24",
        "web/blubber.yaml:1:10",
    ]


def test_pulling_is_said_of_the_build() -> None:
    build = read_stage("- {name: x, build: {variant: test, imagePullPolicy: never}}").build
    assert isinstance(build, Build)
    assert (build.variant.name, build.pull) == ("test", "never")


@pytest.mark.parametrize(
    ("text", "name", "result"),
    [
        (whole("stages: []"), "a.yaml", True),
        (BLUBBER, "config.yaml", False),
        ("pipeline: {}", "config.yaml", True),
        ("pipeline: {}", "a.yaml", False),
        ("{", "config.yaml", True),
        ("- a", "blubber.yaml", False),
    ],
)
def test_configs_are_told_from_blubber_files_by_what_they_hold(text: str, name: str, result: bool) -> None:  # noqa: FBT001 -- what is expected
    assert is_config(text, name) is result
