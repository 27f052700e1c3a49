"""Dockerfiles as a whole: stages and their names, what they need, and what cannot be written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest

from pipeline_dsl.context.selection import Selection
from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.image import dockerfile
from pipeline_dsl.model import (
    Apt,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Mount,
    Project,
    Runs,
    Variant,
)
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.image import Dockerfile

    DockerfileOf = Callable[[Variant], Dockerfile]


def froms(text: str) -> list[str]:
    return re.findall(r"^FROM (.*)", text, re.MULTILINE)


def lines(text: str, instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} ((?:.*\\\n)*.*)", text, re.MULTILINE)


def test_there_is_one_stage_for_each_variant_that_is_needed_with_the_target_last(
    dockerfile_of: DockerfileOf,
) -> None:
    """Each is headed by its name and the author's line."""
    base = Variant("deep", base="foo")
    left, right = Variant("left", base="foo", copies=[base]), Variant("right", base="scratch", copies=[base])
    top = Variant("top", base="bar:1", copies=[right, left])
    written = dockerfile_of(top)
    assert froms(written.text) == ["foo AS deep", "scratch AS right", "foo AS left", "bar:1 AS top"]
    assert written.target == "top"
    assert written.images == ("foo", "bar:1")
    assert f"# left, {left.at}\nFROM foo AS left\n" in written.text


def test_stages_have_names_that_differ_by_more_than_case(dockerfile_of: DockerfileOf) -> None:
    """Variants do not; nor may a stage have a name that means something else to the front end."""
    upper, lower, second = (Variant(name, base="foo") for name in ("Build", "build", "build-2"))
    named = [upper, lower, second, Variant("scratch", base="foo"), Variant("context", base="foo")]
    top = Variant("top", base="foo", copies=[Copy(one, source="/x") for one in named])
    written = dockerfile_of(top).text
    assert froms(written) == [
        "foo AS build",
        "foo AS build-2",
        "foo AS build-2-2",
        "foo AS scratch-2",
        "foo AS context-2",
        "foo AS top",
    ]
    copied = [line.partition(" ")[0] for line in lines(written, "COPY")]
    assert copied == [
        "--from=build",
        "--from=build-2",
        "--from=build-2-2",
        "--from=scratch-2",
        "--from=context-2",
    ]


def test_an_image_is_not_taken_for_a_stage_of_its_name_or_number(dockerfile_of: DockerfileOf) -> None:
    own = Variant("foo", base="foo", copies=[Copy(Image("foo"), source="/x"), Copy(Image("0"), source="/y")])
    written = dockerfile_of(own)
    assert froms(written.text) == ["foo:latest AS foo"]
    assert [line.partition(" ")[0] for line in lines(written.text, "COPY")] == [
        "--from=foo:latest",
        "--from=0:latest",
    ]
    assert written.images == ("foo", "0")


def test_what_blubber_drops_of_a_base_image_is_dropped(dockerfile_of: DockerfileOf) -> None:
    """Its shell at once, its health check in the end; an image from nothing has neither."""
    own = Variant("own", base="foo")
    assert 'AS own\nSHELL ["/bin/sh", "-c"]\nUSER 0\n' in dockerfile_of(own).text
    assert dockerfile_of(own).text.endswith('\nHEALTHCHECK NONE\nLABEL name="own"\n')
    nothing = Variant("nothing", base="scratch", copies=[own])
    text = dockerfile_of(nothing).text
    assert text.count("SHELL") == 1
    assert "HEALTHCHECK" not in text


def test_labels_belong_to_the_target_only(dockerfile_of: DockerfileOf) -> None:
    own = Variant("own", base="foo", copies=[Variant("bbb", base="foo")])
    assert lines(dockerfile_of(own).text, "LABEL") == ['name="own"']


def test_labels_are_sorted_and_meant_literally() -> None:
    resolved = resolve(Project("p", variants=[Variant("own", base="foo")]))
    text = dockerfile(resolved.closure("own"), {"b": "$HOME", "a": 'q"\\'}).text
    assert lines(text, "LABEL") == ['a="q\\"\\\\"', 'b="\\$HOME"']


def test_a_script_has_one_stage_however_often_it_is_executed(dockerfile_of: DockerfileOf) -> None:
    """Of another variant too; it is mounted where nothing of it is left in the image."""
    script = Builder(script="echo 1")
    below = Variant("below", base="foo", builders=[script])
    own = Variant("own", base="bar", builders=[script, script, Builder(script="echo 2")], copies=[below])
    text = dockerfile_of(own).text
    names = [name.partition(" AS ")[2] for name in froms(text)]
    first, second = names[0], names[2]
    assert froms(text) == [f"foo AS {first}", "foo AS below", f"bar AS {second}", "bar AS own"]
    mounted = [line.partition(",source")[0] for line in lines(text, "RUN") if "/dev/pipeline-dsl" in line]
    assert mounted == [f"--mount=type=bind,from={name}" for name in (first, first, first, second)]


def test_the_context_that_is_sent_is_what_is_copied_or_mounted(dockerfile_of: DockerfileOf) -> None:
    """In its own place, unless something is excluded or what is not the author's would be there too."""
    own = Variant(
        "own",
        base="foo",
        builder=Builder(
            command="make",
            requirements=["Makefile", "./src/", ".env", Copy("local", source="lib/", exclude=["*.md"])],
            mounts=[
                "local",
                Mount("local", source="/src/", destination="m"),
                Mount("local", source="../x", destination="n"),
            ],
        ),
        copies=["local", Copy("local", source="*", destination="d"), Copy("local", exclude=["*.md"])],
    )
    written = dockerfile_of(own)
    owned = "--chown=$LIVES_UID:$LIVES_GID"
    assert lines(written.text, "COPY") == [
        f"{owned} Makefile .env ./",
        f"{owned} src src/",
        f"{owned} .pipeline-dsl/files-3/lib lib/",
        f"{owned} .pipeline-dsl/context/ .",
        f"{owned} .pipeline-dsl/files-6/* d",
        f"{owned} .pipeline-dsl/files-7/ .",
    ]
    make = next(line for line in lines(written.text, "RUN") if line.endswith("make"))
    assert make == (
        "--mount=type=bind,source=.pipeline-dsl/context,target=.,rw \\\n"
        "    --mount=type=bind,source=src,target=m,rw \\\n"
        "    --mount=type=bind,source=x,target=n,rw \\\n"
        "    make"
    )
    assert written.selections == (
        Selection(("Makefile", ".env")),
        Selection(("src",)),
        Selection(("lib",), ("*.md",), ".pipeline-dsl/files-3"),
        Selection((".",), prefix=".pipeline-dsl/context"),
        Selection(("x",)),
        Selection(("*",), prefix=".pipeline-dsl/files-6"),
        Selection((".",), ("*.md",), ".pipeline-dsl/files-7"),
    )


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        (["local"], [".pipeline-dsl/context"]),
        ([Copy("local", source="./src/")], ["src"]),
        (
            ["local", Copy("local", source="lib/", exclude=["*.md"]), Copy("local", source="src")],
            [".pipeline-dsl/context", ".pipeline-dsl/files-2/lib", "src"],
        ),
        # What is a link in one of them may lead into the other one.
        ([Copy("local", source="src"), Copy("local", source="lib")], []),
        ([Copy("local", source="s[r]c/")], []),
        ([Copy("local", source="**")], []),
    ],
)
def test_what_is_copied_may_be_divided_where_nothing_else_takes_it(
    dockerfile_of: DockerfileOf, copies: list[Literal["local"] | Copy], expected: list[str]
) -> None:
    written = dockerfile_of(Variant("own", base="foo", copies=copies))
    assert [*written.divisible] == expected


def test_what_is_mounted_is_not_divided(dockerfile_of: DockerfileOf) -> None:
    builder = Builder(command="make", mounts=["local", Mount("local", source="src")])
    source = Copy("local", source="src")
    written = dockerfile_of(Variant("own", base="foo", builder=builder, copies=["local", source]))
    assert written.divisible == ()


def test_several_requirements_are_not_divided(dockerfile_of: DockerfileOf) -> None:
    written = dockerfile_of(
        Variant("own", base="foo", builder=Builder(command="make", requirements=["a", "b"]))
    )
    assert written.divisible == ()


def test_what_is_in_pieces_is_copied_piece_by_piece() -> None:
    source = Copy("local", source="my src", destination="/opt/src")
    own = Variant("own", base="foo", copies=["local", source, Copy(Image("foo"), source="/x")])
    resolved = resolve(Project("p", variants=[own]))
    pieces = {".pipeline-dsl/context": (), "my src": ("my src/0", "my src/1")}
    written = dockerfile(resolved.closure("own"), {}, pieces=pieces)
    owned = "--chown=$LIVES_UID:$LIVES_GID"
    assert lines(written.text, "COPY")[:-1] == [
        f"{owned} .pipeline-dsl/context/ .",
        f'{owned} ["my src/0/", "/opt/src"]',
        f'{owned} ["my src/1/", "/opt/src"]',
    ]


def test_caches_and_mounts_say_all_that_matters(dockerfile_of: DockerfileOf) -> None:
    bbb = Variant("Bbb", base="foo")
    builder = Builder(
        command="make",
        mounts=[Mount(bbb, source="/s", destination="/d"), Mount(Image("bar"), destination="e")],
        caches=["/c", Cache("~", id="mine", access="locked")],
    )
    text = dockerfile_of(Variant("own", base="foo", builder=builder, lives=Lives(uid=1, gid=2))).text
    assert lines(text, "RUN")[-1].split(" \\\n    ") == [
        "--mount=type=bind,from=bbb,source=/s,target=/d,rw",
        "--mount=type=bind,from=bar,source=/,target=e,rw",
        "--mount=type=cache,id=/c,target=/c,sharing=shared,uid=1,gid=2,mode=0755",
        "--mount=type=cache,id=mine,target=~,sharing=locked,uid=1,gid=2,mode=0755",
        "make",
    ]


def test_the_environment_of_a_base_image_is_used_once_it_is_known() -> None:
    own = Variant("own", base="foo", builder=Builder(command="make", caches=["$GOPATH/pkg"]))
    closure = resolve(Project("p", variants=[own])).closure("own")
    assert "target=$GOPATH/pkg" in dockerfile(closure, {}).text
    assert "target=/go/pkg" in dockerfile(closure, {}, {"foo": {"GOPATH": "/go"}}).text


def test_files_are_written_into_directories_that_need_not_exist(dockerfile_of: DockerfileOf) -> None:
    """Not every base image has /etc/apt/keyrings."""
    source = AptSource("http://a.example", distribution="one", signed_by="KEY")
    text = dockerfile_of(Variant("own", base="foo", apt=Apt(sources=[source]))).text
    keyring = next(line for line in lines(text, "RUN") if "printf" in line)
    assert keyring.startswith("mkdir -p /etc/apt/keyrings \\\n && printf '%s' 'KEY' > /etc/apt/keyrings/")


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (Variant("own", base="foo", runs=Runs(environment={"AA": "1\n2"})), "holds a line break"),
        (Variant("own", base="foo", runs=Runs(environment={"AA": "${X%.*}"})), "names no variable"),
        (Variant("own", base="foo", arguments={"AA": "1\n2"}), "holds a line break"),
        (Variant("own", base="foo", lives=Lives(directory="/a\nb")), "holds a line break"),
        (
            Variant("own", base="foo", builder=Builder(command="x", caches=["/"])),
            "nothing can be mounted at /",
        ),
        (Variant("own", base="foo", builder=Builder(command="x", caches=["a'b"])), "in its path"),
        (Variant("own", base="foo", builder=Builder(command="x" * 70_000)), "70,000 bytes is too long"),
        (Variant("own", base="foo", builder=Builder(script="x" * 70_000)), "bytes is too long"),
        (
            Variant("own", base="foo", copies=[Copy(Image("bar"), source="/x", exclude=["y", "!z"])]),
            "cannot take back",
        ),
    ],
)
def test_what_a_dockerfile_cannot_express_is_an_error_with_the_authors_line(
    variant: Variant, message: str, dockerfile_of: DockerfileOf
) -> None:
    with pytest.raises(DefinitionError, match=message) as refused:
        dockerfile_of(variant)
    (problem,) = refused.value.problems
    assert problem == Problem("inexpressible", problem.message, variant.at, problem.hint)
    assert problem.message.startswith('variant "own": ')
    assert problem.hint


def test_a_label_that_cannot_be_expressed_is_an_error_too() -> None:
    resolved = resolve(Project("p", variants=[Variant("own", base="foo")]))
    with pytest.raises(DefinitionError, match="holds a line break"):
        dockerfile(resolved.closure("own"), {"name": "a\nb"})


def test_what_the_author_cannot_see_does_not_change_the_dockerfile(dockerfile_of: DockerfileOf) -> None:
    """The same variants give the same text."""
    own = Variant("own", base="foo", copies=["local"], builder=Builder(script="x"))
    assert dockerfile_of(own) == dockerfile_of(own)


def test_nothing_can_be_excluded_from_a_variant_that_has_no_shell(dockerfile_of: DockerfileOf) -> None:
    bare = Variant("bare", base="scratch", copies=["local"])
    with pytest.raises(
        DefinitionError, match='nothing can be excluded from variant "bare", which has no base'
    ):
        dockerfile_of(Variant("own", base="foo", copies=[Copy(bare, source="/x", exclude=["y"])]))
