"""What PipelineLib takes and then treats otherwise than is written is warned of, or is an error."""

from __future__ import annotations

import pytest

from pipeline_dsl.errors import DefinitionError
from tests.formats.configs import read, refused, warnings


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "stage: []\nstages: [{name: test}]",
            "ignored-key",
            'PipelineLib passes over the unknown key "stage" without a word. Did you mean "stages"?',
        ),
        (
            "stages: [{name: test, build: test, publish: {image: {tag: 'x-${ZUUL_BRANCH}'}}}]",
            "doubtful-tag",
            '"${ZUUL_BRANCH}" in a tag stands for itself',
        ),
        (
            "stages: [{name: test, build: test, run: {arguments: [010]}}]",
            "unquoted",
            'the number 010 is taken for the string 8. Write "010" if that is meant.',
        ),
        (
            "stages: [{name: test, build: test, run: true, copy: [{source: a, archive: 'false'}]}]",
            "unquoted",
            'PipelineLib takes "false" for true.',
        ),
        (
            "stages: [{name: test, build: test, run: true, copy: [js/dist/x]}]",
            "shortened-path",
            'PipelineLib takes "js/" out of "js/dist/x".',
        ),
        ("stages: [{name: test, name: test}]", "repeated-key", '"name" is given more than once'),
    ],
)
def test_what_is_hardly_meant_is_warned_of(text: str, code: str, message: str) -> None:
    found = [problem for problem in warnings(text) if problem.code == code]
    assert any(message in str(problem) for problem in found), warnings(text)
    assert all(problem.at and problem.at.column for problem in found)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("{name: a, build: true}", "this must be the name of a variant, not the boolean true."),
        ("{name: a, bild: test, run: true}", 'there is no key "bild" in a stage. Did you mean "build"?'),
        ("{name: a, run: true}", "there is no image to run."),
        ("{name: a, publish: {image: true}}", "there is no image to publish."),
        ("{name: a, publish: {type: image}}", 'there is no key "type" here.'),
        ("{name: a, copy: [x]}", "there is no container to copy from."),
        ("{name: a, promote: true}", "there is no published image to promote."),
        ("{name: a, build: test, run: [x]}", "this must be a mapping, not a list."),
        ("{name: a, build: test, run: yes please}", 'this must be true or a mapping, not "yes please".'),
        ("{name: a, build: test, run: {arguments: x}}", 'this must be a list, not "x".'),
        ("{name: a, build: test, run: {arguments: [~]}}", "this must be a string, not nothing."),
        ("{name: a, build: test, run: {tail: x}}", 'this must be an integer, not "x".'),
        ("{name: a, build: test, run: {credentials: [{id: x}]}}", "name: is required."),
        ("{name: a, build: test, run: {credentials: [{name: x}]}}", "id: is required."),
        ("{name: a, build: test, run: true, copy: {$each: x, $in: b}}", "this must be a list, which"),
        ("{name: a, build: test, run: true, copy: [{destination: x}]}", "source: is required."),
        ("{name: a, exports: {b: 1, b.c: 2}, build: test, trigger: {wait: true}}", "name: is required."),
        (
            "{name: a, build: test, exports: {imageID: x}}",
            '"imageID" is the name of a value that the stage has',
        ),
        (
            "{name: a, build: {variant: test, context: 'https://x.org/y', excludes: [a]}}",
            "files cannot be excluded from a context that is a repository.",
        ),
        ("{name: a, build: test, notify: {mail: {to: x@y.z}}}", 'there is no key "mail" here. Did you mean'),
        ("[a]", "a stage is a mapping, not a list."),
    ],
)
def test_what_would_have_crashed_is_an_error(stage: str, message: str) -> None:
    found = refused(f"stages:\n  - {{name: ok, build: test}}\n  - {stage}")
    assert any(message in str(problem) for problem in found), found
    assert all(problem.at and problem.at.column for problem in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pipeline: {}", 'config.yaml:1:1: there is no key "pipeline" here. Did you mean "pipelines"?'),
        ("a: b", "config.yaml:1:1: pipelines: is required."),
        ("", "config.yaml:1:1: a config is a mapping, not nothing."),
        ("pipelines: [a]", "config.yaml:1:12: pipelines: must be a mapping of pipelines, not a list."),
        ("pipelines: {p: ~}", 'config.yaml:1:16: pipeline "p" must be a mapping, not nothing.'),
        ("pipelines: {p: {}}", "config.yaml:1:16: stages: is required."),
        ("pipelines: {p: {stages: x}}", 'config.yaml:1:25: stages: must be a list, not "x".'),
    ],
)
def test_a_file_that_is_no_config_is_an_error(text: str, message: str) -> None:
    with pytest.raises(DefinitionError) as found:
        read(text)
    assert str(found.value).startswith(message)
