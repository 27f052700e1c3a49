"""Why an image is built, a container run or an image pushed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_dsl.cache.key import Json, canonical, make_key
from pipeline_dsl.cache.record import Record
from pipeline_dsl.context.manifest import Entry, Manifest
from pipeline_dsl.plan.reasons import Reason, gone, image_reasons, publish_reasons, run_reasons, summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OLD, NEW = "1" * 64, "2" * 64

IMAGE: Mapping[str, Json] = {
    "recipe": ["\0000\0", "FROM \0001\0 AS \0002\0", "RUN make"],
    "arguments": {"VERSION": "1"},
    "bases": [f"sha256:{OLD}"],
    "files": OLD,
    "platform": "linux/amd64",
}
SERVICE: Mapping[str, Json] = {
    "name": "db",
    "image": OLD,
    "entrypoint": None,
    "arguments": [],
    "environment": {"TZ": "UTC"},
    "health": ["pg_isready"],
}
RUN: Mapping[str, Json] = {
    "image": OLD,
    "entrypoint": ["npm", "test"],
    "arguments": ["--bail", "--grep", "a"],
    "environment": {"NODE_ENV": "test"},
    "credentials": [["npm-token", "NPM_TOKEN"]],
    "memory": 512 << 20,
    "cpus": 1.5,
    "tail": 0,
    "copies": [{"source": "/app/dist", "destination": "dist"}],
    "services": [SERVICE],
}
PUBLISH: Mapping[str, Json] = {
    "image": OLD,
    "name": "wikimedia/links",
    "tags": ["stable", "1.0"],
    "registry": "registry.example",
}


def record(kind: str, components: Mapping[str, Json], result: Mapping[str, Json] | None = None) -> Record:
    """Make a record of what passed with such components."""
    return Record(kind, make_key(kind, components).digest, "links/ci", components, result or {}, 0.0, 1.0)


def image(
    components: Mapping[str, Json],
    *,
    last: Mapping[str, Json] = IMAGE,
    bases: Sequence[str] = ("debian:bookworm-slim",),
    earlier: Sequence[str] | None = None,
) -> tuple[Reason, ...]:
    """Explain an image, of whose files nothing is known but that they differ."""
    result = {} if earlier is None else {"bases": earlier}
    passed = record("image", last, result)
    return image_reasons(components, passed, bases=bases, files=None, last_files=None)


def texts(reasons: Sequence[Reason]) -> list[str]:
    return [reason.text for reason in reasons]


def run(**components: Json) -> list[str]:
    """Say why a container is run with these components other ones."""
    return texts(run_reasons({**RUN, **components}, record("run", RUN)))


def service(**components: Json) -> list[str]:
    """Say why a container is run of whose service these components are other ones."""
    return run(services=[{**SERVICE, **components}])


def test_without_a_record_it_is_the_first_time() -> None:
    assert texts(image_reasons(IMAGE, None, bases=[], files=None, last_files=None)) == ["never built here"]
    assert texts(run_reasons(RUN, None)) == ["never passed here"]
    assert texts(publish_reasons(PUBLISH, None)) == ["never pushed here"]


def test_equal_keys_are_no_reason() -> None:
    """Lists and tuples are the same to a key."""
    assert image({**IMAGE, "bases": (f"sha256:{OLD}",)}) == ()
    assert run() == []
    assert publish_reasons(PUBLISH, record("publish", PUBLISH)) == ()


def test_what_is_gone_is_gone_from_somewhere() -> None:
    assert gone("the engine") == Reason("engine", "its image is gone from the engine")


def test_a_file_is_named() -> None:
    one, other = (Manifest((Entry("src/app.js", "f", 0o644, digest),)) for digest in (OLD, NEW))
    components = {**IMAGE, "files": NEW}
    found = image_reasons(components, record("image", IMAGE), bases=["debian"], files=other, last_files=one)
    assert found == (Reason("files", "src/app.js changed", ("src/app.js: content",)),)


def test_a_base_image_with_a_new_digest_is_named() -> None:
    (found,) = image({**IMAGE, "bases": [f"sha256:{NEW}"]})
    assert found.component == "base"
    assert found.text == "the base image debian:bookworm-slim has a new digest"
    assert found.details == (f"now:  sha256:{NEW}", f"last: sha256:{OLD}")


def test_a_long_name_of_a_base_image_is_shown_without_its_registry() -> None:
    name = "docker-registry.wikimedia.org/deeply/nested/nodejs-slim"
    (found,) = image({**IMAGE, "bases": [f"sha256:{NEW}"]}, bases=[name])
    assert found.text == "the base image …/nodejs-slim has a new digest"
    assert found.details[0] == name


def test_a_base_image_that_is_another_one_is_told_from_one_with_a_new_digest() -> None:
    (found,) = image({**IMAGE, "bases": [f"sha256:{NEW}"]}, bases=["debian:12"], earlier=["debian:11"])
    assert found.text == "the base image is debian:12, was debian:11"
    assert found.details == (f"now:  debian:12 sha256:{NEW}", f"last: debian:11 sha256:{OLD}")


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (
            ["debian:1", "node:1"],
            ["the base image debian:1 has a new digest", "the base image php:1 is new"],
        ),
        (
            None,
            [
                "the base image debian:1 is new or has a new digest",
                "the base image php:1 is new or has a new digest",
                "a base image is gone or has a new digest",
            ],
        ),
    ],
    ids=["their names are remembered", "their names are not"],
)
def test_a_base_image_more_is_named(earlier: list[str] | None, expected: list[str]) -> None:
    last = {**IMAGE, "bases": ["sha256:d1", "sha256:n1"]}
    now = {**IMAGE, "bases": ["sha256:d2", "sha256:n1", "sha256:p1"]}
    found = image(now, last=last, bases=["debian:1", "node:1", "php:1"], earlier=earlier)
    assert texts(found) == expected


def test_base_images_in_another_order_are_said_to_be_that() -> None:
    last = {**IMAGE, "bases": ["sha256:a", "sha256:b"]}
    found = image({**IMAGE, "bases": ["sha256:b", "sha256:a"]}, last=last, bases=["one", "two"])
    assert texts(found) == ["the base images come in another order"]


def test_build_arguments_are_named_with_their_values() -> None:
    last = {**IMAGE, "arguments": {"A": "1", "B": "1", "D": "1"}}
    found = image({**IMAGE, "arguments": {"B": "2", "C": "", "D": "1"}}, last=last)
    assert texts(found) == [
        "the build argument B is 2, was 1",
        "the build argument C is new: ''",
        "the build argument A is gone, was 1",
    ]
    assert {reason.component for reason in found} == {"argument"}


def test_the_reasons_of_an_image_begin_with_the_most_telling() -> None:
    components: Mapping[str, Json] = {
        "platform": "linux/arm64",
        "files": NEW,
        "bases": [f"sha256:{NEW}"],
        "arguments": {"VERSION": "2"},
        "recipe": ["FROM \0001\0 AS \0002\0", "RUN make all"],
    }
    assert texts(image(components)) == [
        "the files changed",
        "the recipe has another RUN instruction: RUN make all",
        "the base image debian:bookworm-slim has a new digest",
        "the build argument VERSION is 2, was 1",
        "the platform is linux/arm64, was linux/amd64",
    ]


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"image": NEW}, ["its image is another one"]),
        ({"entrypoint": ["npm", "start"]}, ["the command is npm start, was npm test"]),
        ({"entrypoint": None}, ["the command is the image's own, was npm test"]),
        ({"arguments": ["--bail", "--grep", "b c"]}, ["the third argument is 'b c', was a"]),
        ({"arguments": ["--bail", "--grep", "a", "x"]}, ["the fourth argument is new: x"]),
        ({"arguments": ["--bail", "--grep"]}, ["the third argument is gone, was a"]),
        ({"arguments": ["a"]}, ["the arguments are a, were --bail --grep a"]),
        (
            {"arguments": []},
            [
                f"the {one} argument is gone, was {word}"
                for one, word in [
                    ("first", "--bail"),
                    ("second", "--grep"),
                    ("third", "a"),
                ]
            ],
        ),
        ({"environment": {"NODE_ENV": "production"}}, ["environment: NODE_ENV is production, was test"]),
        ({"environment": {}}, ["environment: NODE_ENV is gone, was test"]),
        ({"credentials": []}, ["the credential npm-token is gone"]),
        (
            {"credentials": [["npm-token", "TOKEN"]]},
            ["the credential npm-token comes in TOKEN, was in NPM_TOKEN"],
        ),
        ({"memory": 2 << 30}, ["the memory limit is 2g, was 512m"]),
        ({"memory": 1025}, ["the memory limit is 1025b, was 512m"]),
        ({"memory": 0}, ["the memory limit is none, was 512m"]),
        ({"cpus": 0}, ["the limit of processors is none, was 1.5"]),
        ({"tail": -1}, ["the number of lines kept of its output is all, was 0"]),
        ({"copies": []}, ["it no longer copies /app/dist to dist"]),
        (
            {"copies": [{"source": "/app/dist", "destination": "out"}]},
            ["it now copies /app/dist to out", "it no longer copies /app/dist to dist"],
        ),
        ({"services": []}, ["the service db is gone"]),
        ({"services": [SERVICE, {"name": "cache"}]}, ["the service cache is new"]),
    ],
)
def test_a_run_is_explained_in_the_authors_words(components: Mapping[str, Json], expected: list[str]) -> None:
    assert run(**components) == expected


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"image": NEW}, "service db: its image is another one"),
        ({"entrypoint": ["postgres"]}, "service db: the command is postgres, was the image's own"),
        ({"arguments": ["-v"]}, "service db: the first argument is new: -v"),
        ({"environment": {"TZ": "CET"}}, "service db: environment: TZ is CET, was UTC"),
        ({"health": None}, "service db: the health command is the image's own, was pg_isready"),
        ({"ulimit": 4}, "service db: ulimit is 4, was null"),
    ],
)
def test_of_a_service_what_differs_is_named(components: Mapping[str, Json], expected: str) -> None:
    assert service(**components) == [expected]


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"image": NEW}, ["its image is another one"]),
        ({"name": "links"}, ["the name is links, was wikimedia/links"]),
        ({"tags": ["1.1", "stable"]}, ["the tag 1.1 is new", "the tag 1.0 is gone"]),
        ({"tags": ["1.0", "stable"]}, ["the tags come in another order"]),
        ({"registry": "other.example"}, ["the registry is other.example, was registry.example"]),
    ],
)
def test_a_push_is_explained(components: Mapping[str, Json], expected: list[str]) -> None:
    assert texts(publish_reasons({**PUBLISH, **components}, record("publish", PUBLISH))) == expected


def test_other_components_mean_another_version_of_keys() -> None:
    last = {name: value for name, value in RUN.items() if name != "tail"}
    (found,) = run_reasons(RUN, record("run", {**last, "shell": "sh"}))
    assert found.component == "scheme"
    assert found.text == "what counts for a key has changed with this version"
    assert found.details == ("tail: counts now", "shell: no longer counts")


def test_the_same_components_under_another_key_do_too() -> None:
    assert texts(run_reasons(RUN, record("run", RUN)._replace(key=OLD))) == [
        "what counts for a key has changed with this version"
    ]


def test_a_component_that_nobody_explains_is_told_as_it_is() -> None:
    last = record("run", {**RUN, "network": "none"})
    assert run_reasons({**RUN, "network": "host"}, last) == (Reason("network", "network is host, was none"),)


def test_a_long_value_is_cut_where_it_does_not_differ_and_in_full_in_the_details() -> None:
    script = "x" * 300
    last = record("run", {**RUN, "environment": {"SCRIPT": f"{script}; old"}})
    (found,) = run_reasons({**RUN, "environment": {"SCRIPT": f"{script}; new"}}, last)
    assert found.text == "environment: SCRIPT is '…xxxxxxxx; new', was '…xxxxxxxx; old'"
    assert found.details == (f"now:  '{script}; new'", f"last: '{script}; old'")


def test_many_other_arguments_are_one_reason_with_each_in_the_details() -> None:
    last = record("run", {**RUN, "arguments": [*"abcdefghijklmn"]})
    (found,) = run_reasons({**RUN, "arguments": [*"abcDEFGHijk"]}, last)
    assert found.text == "the arguments are a b c D E F G H i j k, were a b c d e f g h i j k l m n"
    assert found.details[0] == "fourth: D, was d"
    assert found.details[-1] == "14th: none, was n"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ""),
        ([Reason("image", "its image is another one")], "its image is another one"),
        (
            [Reason("environment", "environment: A is new: 1"), Reason("files", "a changed")],
            "a changed; environment: A is new: 1",
        ),
        (
            [Reason("image", "its image is another one"), Reason("files", "a changed")],
            "a changed",
        ),
        (
            [Reason("files", "a" * 60), Reason("recipe", "b" * 60), Reason("base", "c")],
            f"{'a' * 60}, and 2 more",
        ),
        ([Reason("files", "a" * 200)], "a" * 200),
    ],
    ids=["none", "one", "the most telling first", "why an image is another one", "many", "long"],
)
def test_a_summary_is_one_line(found: list[Reason], expected: str) -> None:
    assert summary(found) == expected


TEXTS = st.text(st.sampled_from("ab '\"\\…\n\x1b\u202e\udce9"), max_size=60)
LISTS = st.lists(TEXTS, max_size=5)
COMPONENTS = st.fixed_dictionaries(
    {
        "image": TEXTS,
        "entrypoint": st.none() | LISTS,
        "arguments": LISTS,
        "environment": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "credentials": st.lists(LISTS, max_size=3),
        "memory": st.integers(0, 4096),
        "cpus": st.integers(0, 2) | st.sampled_from([0.0, 1.0, 1.5]),
        "tail": st.integers(-1, 1),
        "copies": st.lists(st.fixed_dictionaries({"source": TEXTS, "destination": TEXTS}), max_size=3),
        "services": st.lists(
            st.fixed_dictionaries({"name": TEXTS, "health": st.none() | LISTS, "arguments": LISTS}),
            max_size=3,
        ),
    }
)


@given(COMPONENTS, COMPONENTS, st.sets(st.sampled_from(sorted(RUN))))
def test_each_component_that_differs_gives_a_reason_of_one_legible_line(
    now: Mapping[str, Json], other: Mapping[str, Json], changing: set[str]
) -> None:
    """And one that does not gives none: the reasons of all are those of each."""
    before = {**now, **{name: other[name] for name in changing}}
    differing = {name for name in now if canonical(now[name]) != canonical(before[name])}
    found = run_reasons(now, record("run", before))
    alone = [
        reason
        for name in RUN
        if name in differing
        for reason in run_reasons({**before, name: now[name]}, record("run", before))
    ]
    assert sorted(texts(found)) == sorted(texts(alone))
    assert bool(found) == bool(differing)
    for reason in found:
        assert reason.text.isprintable()
        assert not reason.text.endswith(".")
        assert len(reason.text) < 1000
        assert all(line.isprintable() for line in reason.details)


@given(TEXTS, TEXTS)
def test_values_that_differ_are_shown_differently(now: str, before: str) -> None:
    found = run_reasons(
        {**RUN, "environment": {"A": now}}, record("run", {**RUN, "environment": {"A": before}})
    )
    for reason in found:
        one, _, other = reason.text.removeprefix("environment: A is ").partition(", was ")
        assert one != other
    assert bool(found) == (now != before)
