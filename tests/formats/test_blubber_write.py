"""A Blubber file is written as a person would write it, and says what cannot be said."""

from __future__ import annotations

import textwrap

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.blubber import write
from pipeline_dsl.formats.conversion import to_blubber
from pipeline_dsl.model import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Mount,
    Node,
    Pipeline,
    Poetry,
    Project,
    Python,
    Runs,
    Variant,
)

HEAD = "# syntax=docker-registry.wikimedia.org/repos/releng/blubber/buildkit:v1.8.0\nversion: v4\n"


def test_each_form_is_the_shortest_one() -> None:
    """Nothing that is a default is written, and keys are in one order."""
    base = Variant("base", base="foo", lives=Lives(directory="/srv/service"))
    build = Variant(
        "build",
        includes=[base],
        arguments={"VERSION": "1.0"},
        apt=Apt(
            packages={"default": ["git"], "bookworm-backports": ["golang"]},
            sources=[AptSource("https://apt.example.org", distribution="bookworm", signed_by="-----\nkey\n")],
            proxies=["http://proxy:8080", AptProxy("http://proxy:8081", source="http://apt.example.org")],
        ),
        builders=[
            Node(requirements=["package.json"], env="production", use_npm_ci=True),
            Builder(
                command=["make", "all"],
                requirements=[Copy("local", source="src/"), Copy("local", source="a", destination="b")],
                mounts=[base, Mount(Image("golang"), source="/go"), Mount(Image("node"))],
                caches=["/cache", Cache("/more", access="locked"), Cache("/same")],
            ),
            Builder(script="#!/bin/sh\nmake\n"),
        ],
    )
    production = Variant(
        "production",
        base=Image("bar"),
        apt=Apt(packages={"default": ["git"]}),
        python=Python(version="python3", poetry=Poetry(version="==1.8.3")),
        runs=Runs(uid=33, environment={"DEBUG": "no"}, insecurely=False),
        entrypoint=["node", "server.js"],
        copies=[build, Copy("local", source="config/")],
    )
    last = Variant("last", copies=["local", Copy(build)], entrypoint=[])
    project = Project("service", runs=Runs(insecurely=True), variants=[base, build, production, last])
    expected = """
        runs:
          insecurely: true
        variants:
          base:
            base: foo
            lives:
              in: /srv/service
          build:
            includes: [base]
            arguments:
              VERSION: "1.0"
            apt:
              packages:
                default: [git]
                bookworm-backports: [golang]
              sources:
                - url: https://apt.example.org
                  distribution: bookworm
                  signed-by: |
                    -----
                    key
              proxies:
                - http://proxy:8080
                - url: http://proxy:8081
                  source: http://apt.example.org
            builders:
              - node:
                  requirements: [package.json]
                  env: production
                  use-npm-ci: true
              - custom:
                  command: [make, all]
                  requirements:
                    - src/
                    - from: local
                      source: a
                      destination: b
                  mounts:
                    - base
                    - from: golang
                      source: /go
                    - node
                  caches:
                    - /cache
                    - destination: /more
                      access: locked
                    - /same
              - custom:
                  script: |
                    #!/bin/sh
                    make
          production:
            base: bar
            apt:
              packages: [git]
            python:
              version: python3
              poetry:
                version: ==1.8.3
            runs:
              uid: 33
              environment:
                DEBUG: 'no'
              insecurely: false
            entrypoint: [node, server.js]
            copies:
              - from: build
              - from: local
                source: config/
          last:
            entrypoint: []
            copies: [local, build]
    """
    assert HEAD + textwrap.dedent(expected).lstrip("\n") == write(project).text


def test_a_variant_that_is_only_referred_to_is_written_too() -> None:
    """One from a shared module, made before the file was evaluated, is no part of the project by itself."""
    shared = Variant("shared", base="foo")
    text = write(Project("service", variants=[Variant("test", includes=[shared])])).text
    assert text.endswith("variants:\n  test:\n    includes: [shared]\n  shared:\n    base: foo\n")


def test_none_as_a_base_is_said_where_nothing_is_inherited() -> None:
    """As `base: null`, also for a base that is an Image."""
    variants = [Variant("test", base="scratch"), Variant("more", base=Image("scratch"))]
    text = write(Project("service", base="scratch", variants=variants)).text
    assert text == HEAD + "base: null\nvariants:\n  test:\n    base: null\n  more:\n    base: null\n"


def test_pipelines_are_left_to_their_own_format() -> None:
    """Blubber knows nothing of them."""
    assert write(Project("service", pipelines=[Pipeline("ci")])).text == HEAD


FOO = Variant("foo", base="debian", lives=Lives(uid=5))
SIX = Variant("six", lives=Lives(uid=6))
LOCAL = Variant("local")
SCRATCH = Variant("none", base="scratch", includes=[FOO])
ROOT = Variant("root", lives=Lives(uid=0), includes=[FOO])


@pytest.mark.parametrize(
    ("project", "lost"),
    [
        (
            Project("p", variants=[FOO, SCRATCH]),
            "Blubber lets no variant set base to scratch: debian would hold.",
        ),
        (
            Project("p", variants=[FOO, Variant("bar", base="scratch"), Variant("baz", includes=[FOO])]),
            "",
        ),
        (
            Project("p", base="debian", variants=[Variant("bar", base="scratch")]),
            "Blubber lets no variant set base to scratch: debian would hold.",
        ),
        (Project("p", variants=[FOO, ROOT]), "Blubber lets no variant set lives.uid to 0: 5 would hold."),
        (
            Project("p", variants=[FOO, SIX, Variant("root", lives=Lives(uid=0), includes=[FOO, SIX])]),
            "Blubber lets no variant set lives.uid to 0: 6 would hold.",
        ),
        (
            Project("p", variants=[Variant("bar", lives=Lives(gid=0))]),
            "Blubber lets no variant set lives.gid to 0: 65533 would hold.",
        ),
        (
            Project("p", variants=[Variant("bar", runs=Runs(uid=0))]),
            "Blubber lets no variant set runs.uid to 0: 900 would hold.",
        ),
        (
            Project("p", runs=Runs(gid=7), variants=[Variant("bar", runs=Runs(gid=0))]),
            "Blubber lets no variant set runs.gid to 0: 7 would hold.",
        ),
        (Project("p", runs=Runs(gid=0), variants=[Variant("bar", runs=Runs(gid=0))]), ""),
        (
            Project("p", builder=Builder(command="x", mounts=["local"])),
            "Blubber cannot mount the build context.",
        ),
        (
            Project("p", builders=[Builder(mounts=[Mount("local")])]),
            "Blubber cannot mount the build context.",
        ),
        (
            Project("p", builder=Builder(command="date +%s")),
            'Blubber crashes on a "%" in a command that is no list; a script may hold it.',
        ),
        (Project("p", builder=Builder(command=["date", "+%s"])), ""),
        (
            Project("p", apt=Apt(sources=[AptSource("http://a", distribution="b", components=["x"])])),
            'Blubber takes "x" for no valid component.',
        ),
        (
            Project("p", variants=[FOO, Variant("bar", copies=[Image("foo")])]),
            'Blubber does not take "foo" for an image; write "foo:latest".',
        ),
        (
            Project("p", builder=Builder(requirements=[Copy(Image("local"))])),
            'Blubber does not take "local" for an image; write "local:latest".',
        ),
        (
            Project("p", variants=[LOCAL, Variant("bar", copies=[LOCAL])]),
            'Blubber takes a variant called "local" for the build context.',
        ),
        (Project("p", variants=[LOCAL, Variant("bar", includes=[LOCAL], copies=["local"])]), ""),
    ],
)
def test_what_blubber_cannot_say_is_an_error_with_the_authors_line(project: Project, lost: str) -> None:
    """Or, if losses are accepted, a comment in the file."""
    expected = f"# Lost: {__file__}" if lost else ""
    assert expected == "".join(write(project, lossy=True).text.splitlines()[1:2])[: len(expected)]
    if not lost:
        assert to_blubber(project, lossy=False).warnings[:0] == ()
        return
    with pytest.raises(DefinitionError) as refused:
        to_blubber(project, lossy=False)
    assert [(lost, "not-in-blubber", __file__)] == [
        (problem.message, problem.code, problem.at.file if problem.at else "")
        for problem in refused.value.problems
    ]


def test_what_blubber_takes_and_crashes_on_is_warned_of() -> None:
    """It can be said, and is."""
    project = Project("p", variants=[Variant("test", base="foo", python=Python(version="pypy3"))])
    assert [one.code for one in to_blubber(project, lossy=False).warnings] == ["short-interpreter"]
