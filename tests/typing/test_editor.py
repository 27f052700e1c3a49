"""What an editor shows, by jedi: it completes arguments and references, and explains them."""

from __future__ import annotations

import jedi  # type: ignore[import-untyped]  # it has no types
import pytest

FILE = """\
from pipeline_dsl import Apt, Copy, Node, Pipeline, Run, Variant

build = Variant("build", apt=Apt(packages=["git"]))
ci = Pipeline("ci")
stage = ci.stage("test", build=build)
"""


def completed(line: str) -> list[str]:
    """Gives what jedi offers at the end of a line of the file."""
    script = jedi.Script(FILE + line)
    return [offer.name for offer in script.complete(FILE.count("\n") + 1, len(line))]


def arguments(line: str) -> set[str]:
    return {offer for offer in completed(line) if offer.endswith("=")}


def explained(line: str) -> str:
    """Gives what jedi shows for the name at the end of a line of the file."""
    (name, *_) = jedi.Script(FILE + line).help(FILE.count("\n") + 1, len(line))
    return str(name.docstring())


COMMON = {
    *("base=", "arguments=", "apt=", "node=", "php=", "python=", "builder=", "builders="),
    *("lives=", "runs=", "entrypoint="),
}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("Variant(", COMMON | {"name=", "includes=", "copies="}),
        ("Variant('abc', ", COMMON | {"includes=", "copies="}),
        ("Apt(", {"packages=", "sources=", "proxies="}),
        ("Node(", {"requirements=", "env=", "use_npm_ci=", "allow_dedupe_failure="}),
        ("Copy(", {"origin=", "source=", "destination=", "exclude="}),
        (
            "Run(",
            {
                *("command=", "arguments=", "environment=", "image=", "credentials=", "tail="),
                *("services=", "timeout=", "memory=", "cpus=", "retries="),
            },
        ),
        (
            "ci.stage(",
            {
                *("name=", "build=", "run=", "copy=", "publish=", "promote=", "deploy="),
                *("exports=", "trigger=", "notify=", "cache=", "after="),
            },
        ),
        ("Variant('abc', entry", {"entrypoint="}),
    ],
)
def test_a_call_is_completed_with_all_its_arguments(line: str, offered: set[str]) -> None:
    assert arguments(line) == offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("stage.", {"image_id", "output", "name", "build", "run", "after"}),
        ("ci.stage('x').", {"image_id", "output"}),
        ("ci.", {"stage", "stages", "name"}),
        ("build.", {"name", "base", "apt", "copies", "includes", "at"}),
        ("build.apt.", {"packages", "sources", "proxies"}),
        ("stage.build.runs.", {"environment", "user", "insecurely"}),
        ("stage.image_id.", {"upper", "startswith"}),
        ("build.at.", {"file", "line"}),
        ("from pipeline_dsl import ", {"Variant", "Pipeline", "Apt", "DefinitionError"}),
    ],
)
def test_an_object_is_completed_with_what_it_has(line: str, offered: set[str]) -> None:
    assert offered <= set(completed(line))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Variant", "An image that a service is built into"),
        ("Apt", "Debian packages to be installed"),
        ("ci.stage", "build: the variant to build an image of, or a"),
        ("stage.image_id", "Id of the image that the stage built."),
        ("build.entrypoint", "The program that the image runs and its arguments."),
        ("stage.after", "Stages that have to pass first"),
    ],
)
def test_a_name_is_explained_by_its_docstring(line: str, text: str) -> None:
    assert text in explained(line)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("Variant(", "name"),
        ("ci.stage(", "name"),
        ("Copy(", "origin"),
        ("Apt(", "packages"),
    ],
)
def test_the_signature_shows_each_argument_once_in_its_order(line: str, first: str) -> None:
    (signature,) = jedi.Script(FILE + line).get_signatures(FILE.count("\n") + 1, len(line))
    names = [parameter.name for parameter in signature.params]
    assert names[0] == first
    assert len(names) == len(set(names))
    assert signature.index == 0
