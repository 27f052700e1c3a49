"""The project as a JSON document: nothing is lost on the way there and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    DefinitionError,
    Image,
    Lives,
    Mount,
    Node,
    Php,
    Pipeline,
    Poetry,
    Project,
    Python,
    Run,
    Runs,
    Variant,
)
from pipeline_dsl.model.document import dump, parse

if TYPE_CHECKING:
    from pipeline_dsl.model.artifacts import Origin

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9]{2,5}", fullmatch=True)
FLAGS = st.none() | st.booleans()
IDS = st.none() | st.integers(0, 70000)
ENVIRONMENT = st.none() | st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{1,4}", fullmatch=True), st.text())
PATHS = st.from_regex(r"[a-z]{1,4}(/[a-z]{1,3})?/?", fullmatch=True)
WORDS = st.lists(st.text(max_size=6), max_size=3)
PACKAGES = st.lists(st.from_regex(r"[a-z0-9]{2,5}", fullmatch=True), max_size=3)
USERS = {"user": st.none() | NAMES, "uid": IDS, "gid": IDS}

APT = st.builds(
    Apt,
    packages=PACKAGES | st.dictionaries(st.sampled_from(["default", "sid", "bookworm"]), PACKAGES),
    sources=st.lists(
        st.builds(
            AptSource,
            st.just("https://a.example"),
            distribution=st.just("sid"),
            components=st.lists(st.just("main"), max_size=2),
            signed_by=st.none() | TEXT,
        ),
        max_size=2,
    ),
    proxies=st.lists(st.just("http://a") | st.builds(AptProxy, st.just("http://b")), max_size=2),
)


def origins(variants: list[Variant]) -> st.SearchStrategy[Origin]:
    local: st.SearchStrategy[Origin] = st.just("local")
    return local | st.sampled_from([Image("golang:1.23"), *variants])


def copies(variants: list[Variant]) -> st.SearchStrategy[Copy]:
    return st.builds(
        Copy,
        origins(variants),
        source=PATHS,
        destination=st.none() | TEXT,
        exclude=st.lists(TEXT, max_size=2),
    )


@st.composite
def settings(draw: st.DrawFn, variants: list[Variant]) -> dict[str, object]:
    requirements = st.none() | st.lists(PATHS | copies(variants), max_size=3, unique_by=str)
    builder = st.builds(
        Builder,
        command=st.none() | TEXT | WORDS,
        requirements=requirements,
        mounts=st.lists(origins(variants), max_size=1)
        | st.builds(Mount, origins(variants)).map(lambda m: [m]),
        caches=st.none() | st.just(["a", Cache("a", id="b", access="locked")]),
    )
    python = st.builds(
        Python,
        version=st.none() | TEXT,
        requirements=requirements,
        no_deps=FLAGS,
        poetry=st.none() | st.builds(Poetry, version=st.just("==1"), devel=FLAGS),
    )
    node = st.builds(Node, requirements=requirements, env=st.none() | NAMES, use_npm_ci=FLAGS)
    standalone = st.fixed_dictionaries({}, optional={"node": node, "python": python, "builder": builder})
    ordered = st.fixed_dictionaries(
        {
            "builders": st.lists(builder, max_size=2)
            | st.tuples(node, builder, st.builds(Php, production=FLAGS))
        }
    )
    common = st.fixed_dictionaries(
        {},
        optional={
            "base": st.sampled_from(["scratch", "debian:bookworm-slim", Image("golang:1.23")]),
            "arguments": ENVIRONMENT,
            "apt": APT,
            "lives": st.builds(Lives, **USERS),
            "runs": st.builds(Runs, **USERS, environment=ENVIRONMENT, insecurely=FLAGS),
            "entrypoint": WORDS,
        },
    )
    return draw(common) | draw(standalone | ordered)


@st.composite
def pipelines(draw: st.DrawFn, name: str, variants: list[Variant]) -> Pipeline:
    pipeline = Pipeline(name)
    runs = st.builds(
        Run,
        command=st.none() | WORDS,
        arguments=WORDS,
        environment=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        tail=st.integers(-1, 9),
    )
    for stage_name in draw(st.lists(NAMES, max_size=4, unique=True)):
        before = list(pipeline.stages)
        pipeline.stage(
            stage_name.replace("setup", "start"),
            build=draw(st.sampled_from([None, *variants])),
            run=draw(st.none() | st.booleans() | WORDS | runs),
            after=draw(st.lists(st.sampled_from(before), max_size=2)) if before else [],
        )
    return pipeline


@st.composite
def projects(draw: st.DrawFn) -> Project:
    variants: list[Variant] = []
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        includes = draw(st.lists(st.sampled_from(variants), max_size=2)) if variants else []
        copied = draw(st.lists(copies(variants), max_size=2, unique_by=str))
        made = {"includes": includes, "copies": copied, **draw(settings(variants))}
        variants.append(Variant(name, **made))  # type: ignore[arg-type]  # drawn to fit
    listed = [draw(pipelines(name, variants)) for name in draw(st.lists(NAMES, max_size=2, unique=True))]
    shared = draw(settings(variants))
    return Project(draw(TEXT), variants=variants, pipelines=listed, **shared)  # type: ignore[arg-type]  # drawn to fit


@given(projects())
def test_a_document_read_and_printed_again_is_the_same(project: Project) -> None:
    document = dump(project)
    assert document == dump(parse(document))


def example() -> Project:
    build = Variant("build", base="debian", apt=Apt(packages={"sid": ["git"]}), copies=["local"])
    production = Variant("production", includes=[build], copies=[Copy(build, source="dist/")])
    ci = Pipeline("ci")
    first = ci.stage("build", build=build)
    ci.stage("run", run=Run(image=first.image_id, tail=1), after=[first])
    return Project(
        "demo", variants=[build, production], pipelines=[ci], node=Node(requirements=[Copy(build)])
    )


def test_what_is_read_back_is_the_same_down_to_places_and_references() -> None:
    project = example()
    read = parse(dump(project))
    assert [variant.at for variant in project.variants] == [variant.at for variant in read.variants]
    build, production = read.variants
    assert (build,) == production.includes
    copied = production.copies[0]
    assert isinstance(copied, Copy)
    assert copied.origin is build
    assert read.pipelines[0].stages[0].build is build
    assert (read.pipelines[0].stages[0],) == read.pipelines[0].stages[1].after


def test_a_document_says_what_differs_from_the_default_and_where_it_stands() -> None:
    variant = Variant("abc", apt=Apt(packages=["git"]), copies=["local"])
    project = Project("demo", variants=[variant])
    assert {
        "format": 1,
        "kind": "Project",
        "name": "demo",
        "variants": [
            {
                "kind": "Variant",
                "name": "abc",
                "apt": {"kind": "Apt", "packages": ["git"], "at": str(variant.at)},
                "copies": ["local"],
                "at": str(variant.at),
            }
        ],
        "at": str(project.at),
    } == json.loads(dump(project))


def test_text_outside_ascii_stays_readable() -> None:
    assert "größer" in dump(Project("größer"))


def failure(text: str) -> str:
    with pytest.raises(DefinitionError) as refused:
        parse(text)
    return str(refused.value)


HEAD = '"format": 1, "kind": "Project", "name": "p", "at": "a.py:1"'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON: Expecting property name enclosed in double quotes"),
        ("[]", 'it has no "format": 1'),
        ("{}", 'it has no "format": 1'),
        ('{"format": 2, "kind": "Project"}', 'it has no "format": 1'),
        ('{"format": 1, "kind": "Variant", "name": "abc", "at": "a.py:1"}', "it is no Project"),
        ('{"format": 1, "kind": "Project", "name": "p"}', '"at" is to be FILE:LINE, not null'),
        ('{"format": 1, "kind": "Project", "name": "p", "at": "x"}', '"at" is to be FILE:LINE, not "x"'),
        (
            f'{{{HEAD}, "apt": {{"kind": "Nothing"}}}}',
            "it refers to something that it does not define before",
        ),
        (f'{{{HEAD}, "variants": [{{"variant": "abc"}}]}}', 'not define before: {"variant": "abc"}.'),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(text: str, why: str) -> None:
    assert why in failure(text)
    assert failure(text).startswith("This document cannot be read: ")


def test_a_wrong_value_is_reported_at_the_place_that_the_document_gives() -> None:
    text = f'{{{HEAD}, "variants": [{{"kind": "Variant", "name": "x", "bse": 1, "at": "a.py:7"}}]}}'
    assert [line[: len("a.py:7: Variant(name)")] for line in failure(text).splitlines()] == [
        "a.py:7: Variant(name)",
        "a.py:7: Variant() has",
    ]


def test_an_argument_called_self_is_as_unknown_as_any() -> None:
    assert 'Project() has no argument "self"' in failure(f'{{{HEAD}, "self": 1}}')


def test_duplicates_are_refused_when_a_document_is_read() -> None:
    variant = '{"kind": "Variant", "name": "abc", "at": "a.py:%d"}'
    text = f'{{{HEAD}, "variants": [{variant % 2}, {variant % 3}]}}'
    assert failure(text).startswith('a.py:3: variant "abc" is defined twice, first at a.py:2.')
