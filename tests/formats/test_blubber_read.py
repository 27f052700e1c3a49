"""What a Blubber file says: each key and each form of its value, spec/blubber.md §1.3 to §1.5."""

from __future__ import annotations

import textwrap

import pytest

from pipeline_dsl.formats.blubber import read
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
    Php,
    Poetry,
    Project,
    Python,
    Runs,
    Variant,
)
from pipeline_dsl.resolve import resolve


def project(text: str) -> Project:
    return read(f"version: v4\n{textwrap.dedent(text)}", "b.yaml", "service").project


def variant(text: str) -> Variant:
    """The last of some variants."""
    return project("variants:\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "  ")).variants[-1]


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("base: foo:1", "base", "foo:1"),
        ("base: ~", "base", "scratch"),
        ('base: ""', "base", None),
        ("arguments: {FOO: bar, BAR: '', BAZ: ~}", "arguments", {"FOO": "bar", "BAR": "", "BAZ": ""}),
        ("entrypoint: [npm, test]", "entrypoint", ("npm", "test")),
        ("entrypoint: []", "entrypoint", ()),
        ("apt: {}", "apt", Apt()),
        ("apt: {packages: [git, gcc=1.2]}", "apt", Apt(packages=["git", "gcc=1.2"])),
        ("apt: {packages: {default: [git]}}", "apt", Apt(packages={"default": ["git"]})),
        (
            "apt: {sources: [{url: http://a, distribution: b, components: [cc], signed-by: key}]}",
            "apt",
            Apt(sources=[AptSource("http://a", distribution="b", components=["cc"], signed_by="key")]),
        ),
        (
            "apt: {proxies: [http://a, {url: http://b, source: http://c}]}",
            "apt",
            Apt(proxies=["http://a", AptProxy("http://b", source="http://c")]),
        ),
        (
            "lives: {in: /a, as: foo, uid: 0, gid: 010}",
            "lives",
            Lives(directory="/a", user="foo", uid=0, gid=8),
        ),
        (
            "runs: {in: /a, as: foo, uid: 1, gid: 2, environment: {FOO: bar}, insecurely: yes}",
            "runs",
            Runs(directory="/a", user="foo", uid=1, gid=2, environment={"FOO": "bar"}, insecurely=True),
        ),
        (
            "node: {requirements: [a], env: production, use-npm-ci: on, allow-dedupe-failure: n}",
            "node",
            Node(requirements=["a"], env="production", use_npm_ci=True, allow_dedupe_failure=False),
        ),
        ("php: {requirements: [], production: y}", "php", Php(requirements=[], production=True)),
        (
            "python: {version: py, requirements: [a], use-system-site-packages: n, no-deps: y, venv: /v}",
            "python",
            Python(
                version="py",
                requirements=["a"],
                use_system_site_packages=False,
                no_deps=True,
                venv="/v",
            ),
        ),
        (
            "python: {pip-version: '1', setuptools-version: <2, tox-version: '3', wheel-version: ~=4.0}",
            "python",
            Python(pip_version="1", setuptools_version="<2", tox_version="3", wheel_version="~=4.0"),
        ),
        (
            "python: {poetry: {version: ==1.5.1, devel: true, only: main, without: dev}}",
            "python",
            Python(poetry=Poetry(version="==1.5.1", devel=True, only="main", without="dev")),
        ),
        ("builder: {command: make all}", "builder", Builder(command="make all")),
        ("builder: {command: [make, all]}", "builder", Builder(command=["make", "all"])),
        ("builder: {command: []}", "builder", Builder(command=[])),
        ("builder: {script: '#!/bin/sh make'}", "builder", Builder(script="#!/bin/sh make")),
        (
            (
                "builder: {requirements: [a, {from: local, source: b, destination: c, exclude: "
                "[d]}, {from: img}]}"
            ),
            "builder",
            Builder(
                requirements=[
                    "a",
                    Copy("local", source="b", destination="c", exclude=["d"]),
                    Copy(Image("img")),
                ]
            ),
        ),
        (
            "builder: {mounts: [img, {from: img, source: /a, destination: b}]}",
            "builder",
            Builder(mounts=[Image("img"), Mount(Image("img"), source="/a", destination="b")]),
        ),
        (
            "builder: {caches: [/a, {destination: /a, id: b, access: locked}]}",
            "builder",
            Builder(caches=["/a", Cache("/a", id="b", access="locked")]),
        ),
        (
            "builders: [{node: {}}, {custom: {command: x}}, {php: {}}, {python: {}}, {custom: {}}]",
            "builders",
            (Node(), Builder(command="x"), Php(), Python(), Builder()),
        ),
        ("builders: []", "builders", ()),
    ],
)
def test_every_key_is_read_at_the_top_level_and_in_a_variant(text: str, key: str, value: object) -> None:
    """Both have the same common fields; a variant takes no 0."""
    assert value == getattr(project(text), key)
    if "uid: 0" not in text:
        assert value == getattr(variant(f"test:\n  {text}"), key)


def test_variants_come_in_the_order_of_the_file_and_refer_to_one_another_as_objects() -> None:
    """Whatever order they have to be made in."""
    made = project(
        "variants: {test: {includes: [build, local], copies: [prep]}, build: {}, prep: {}}"
    ).variants
    test, build, prep = made
    assert [one.name for one in made] == ["test", "build", "prep"]
    assert ((build,), (prep,)) == (test.includes, test.copies)


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ("[local, img]", ("local", Image("img"))),
        ("[{from: local}]", (Copy("local"),)),
        ("[{from: local, source: a/, exclude: ['*.md']}]", (Copy("local", source="a/", exclude=["*.md"]),)),
        ("[{from: img, source: /a, destination: b}]", (Copy(Image("img"), source="/a", destination="b"),)),
        ("[]", ()),
    ],
)
def test_copies_are_origins_or_artifacts(copies: str, expected: object) -> None:
    """All short, or all long."""
    assert expected == variant(f"test: {{copies: {copies}}}").copies


def test_no_variants_are_no_error() -> None:
    """The key may be missing, or hold none."""
    assert project("base: foo").variants == ()
    assert project("variants: {}").variants == ()


def test_a_variant_may_be_called_local() -> None:
    """It can be included, and never copied from."""
    made = variant("local: {base: foo}\ntest: {includes: [local], copies: [local]}")
    assert (made.includes[0].name, made.copies[0]) == ("local", "local")


def test_names_in_an_environment_mention_no_variants() -> None:
    """They are no references, and make no circle."""
    made = variant("test: {runs: {environment: {from: test}}, arguments: {copies: test}}")
    assert made.runs == Runs(environment={"from": "test"})


def test_everything_has_its_place_in_the_file() -> None:
    """For the errors that are found later."""
    text = "version: v4\nvariants:\n  test:\n    apt: {packages: [git]}\n"
    made = read(text, "b.yaml", "service").project.variants[0]
    assert (str(made.at), str(made.apt.at if made.apt else None)) == ("b.yaml:3:3", "b.yaml:4:10")


@pytest.mark.parametrize(
    ("variants", "bases"),
    [
        ("{test: {base: ~}}", ["scratch"]),
        ("{build: {base: foo}, test: {base: ~, includes: [build]}}", ["foo", None]),
        ("{build: {base: foo}, none: {base: ~}, test: {includes: [build, none]}}", ["foo", None, None]),
        ("{none: {base: ~}, test: {includes: [none], base: foo}}", ["scratch", "foo"]),
    ],
)
def test_an_explicit_base_of_none_counts_where_blubber_lets_it_count(
    variants: str, bases: list[str | None]
) -> None:
    """Never for a base that is inherited, by the variant itself or by one that includes it."""
    assert bases == [one.base for one in project(f"variants: {variants}").variants]


def test_what_includes_a_variant_without_a_base_keeps_the_base_of_another() -> None:
    """As with Blubber: base: ~ says nothing beside it."""
    made = project("variants: {build: {base: foo}, none: {base: ~}, test: {includes: [build, none]}}")
    assert resolve(made).variants["test"].base == "foo"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffversion: v4\r\nbase: foo\r\nvariants:\r\n  test:\r\n    copies: [local]\r\n",
        '# syntax=x\nversion: "v4"\nbase: foo\t# a\nvariants: {test: {copies: [ # c\n  local, # d\n]}}\n',
        "version: v4\nbase: foo\nvariants:\n  aaa: &a\n    copies: [local]\n  test:\n    <<: *a\n",
        "version: v4\nbase: foo\nvariants:\n  test: {\n    copies:\n    [local]\n  }\n---\nmore: 1\n",
        "%YAML 1.1\n---\nversion: v4\nbase: foo\nvariants: {? test : {copies: [! local]}}\n...\n",
    ],
)
def test_files_look_different_and_mean_the_same(text: str) -> None:
    """Windows line ends, byte order marks, tabs, anchors, flow, quotes, directives."""
    made = read(text, "b.yaml", "service").project
    assert (made.base, made.variants[-1].copies) == ("foo", ("local",))


def test_long_commands_are_folded_or_kept() -> None:
    """With `>` and `|`."""
    text = """
        test:
          builder:
            command: >-
              make
              ünder=$HOME
          entrypoint:
            - /bin/sh
            - |
              one # not a comment
              two
    """
    made = variant(text)
    assert made.builder == Builder(command="make ünder=$HOME")
    assert made.entrypoint == ("/bin/sh", "one # not a comment\ntwo")
