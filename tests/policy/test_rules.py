"""Files of rules, as Blubber reads them: their form, and where their paths lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.model import (
    Apt,
    AptProxy,
    AptSource,
    Builder,
    Cache,
    Copy,
    Image,
    Lives,
    Node,
    Php,
    Poetry,
    Project,
    Python,
    Runs,
    Variant,
)
from pipeline_dsl.policy.rules import read

if TYPE_CHECKING:
    from tests.policy.conftest import FollowRules, Hold

HOUSE = """\
enforcements:
  - path: base
    rule: omitempty,oneof=debian:12 registry.example/node:20
  - path: variants.production.runs.insecurely
    rule: isfalse
  - path: variants.test.base
    rule: omitempty,startswith=registry.example/
  - path: variants.production.base
    rule: omitempty,startswith=registry.example/
"""
"""What the file is about that Blubber ships as an example: spec §5."""


def refusal(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        read(text, "p.yaml")
    return [str(problem) for problem in refused.value.problems]


def test_a_file_like_the_one_that_blubber_ships_lets_a_good_project_pass(hold: Hold) -> None:
    prep = Variant("prep", base="debian:12")
    test = Variant("test", base="registry.example/node:20")
    production = Variant("production", base="scratch", copies=[prep])
    assert hold([read(HOUSE, "house.yaml")], prep, test, production) == []


def test_a_file_like_the_one_that_blubber_ships_finds_all_that_is_wrong(hold: Hold) -> None:
    test = Variant("test", base="debian:12")
    production = Variant("production", base="bar")
    project = Project("p", runs=Runs(insecurely=True), variants=[test, production])
    problems = hold([read(HOUSE, "house.yaml")], project=project)
    prefix = 'variant "production", '
    listed = '"omitempty,oneof=debian:12 registry.example/node:20"'
    starts = 'breaks the rule "omitempty,startswith=registry.example/" of house.yaml'
    assert [(problem.code, problem.at, problem.message) for problem in problems] == [
        (
            "policy-violated",
            production.at,
            f'{prefix}base: "bar" breaks the rule {listed} of house.yaml:3:11.',
        ),
        (
            "policy-violated",
            production.at,
            f'{prefix}runs.insecurely: true breaks the rule "isfalse" of house.yaml:5:11.',
        ),
        ("policy-violated", test.at, f'variant "test", base: "debian:12" {starts}:7:11.'),
        ("policy-violated", production.at, f'{prefix}base: "bar" {starts}:9:11.'),
    ]


def test_what_the_project_says_is_seen_on_every_variant(hold: Hold) -> None:
    """Unlike in Blubber, which looks at variants other than the target as they are written: §5."""
    included = Variant("included")
    own = Variant("own", includes=[included])
    project = Project("p", base="foo", runs=Runs(insecurely=True), variants=[included, own])
    rules = read("enforcements: [{path: variants.own.runs.insecurely, rule: isfalse}]", "p.yaml")
    assert [own.at] == [problem.at for problem in hold([rules], project=project)]


def test_a_path_without_a_variant_is_about_all_of_them(follow_rules: FollowRules) -> None:
    one, two = Variant("one", base="foo"), Variant("two", base="bar")
    assert follow_rules({"base": "eq=baz"}, one, two) == [
        'variant "one", base: "foo" breaks the rule "eq=baz" of p.yaml:3:9.',
        'variant "two", base: "bar" breaks the rule "eq=baz" of p.yaml:3:9.',
    ]


@pytest.mark.parametrize("name", ["a.b", "base", "a.base"])
def test_the_name_of_a_variant_may_hold_dots_and_keys(follow_rules: FollowRules, name: str) -> None:
    rules = {f"variants.{name}-x.base": "eq=bar", f"variants.{name}-x.y.base": "eq=foo"}
    own, longer = Variant(f"{name}-x", base="foo"), Variant(f"{name}-x.y", base="bar")
    assert follow_rules(rules, own, longer) == [
        f'variant "{name}-x", base: "foo" breaks the rule "eq=bar" of p.yaml:3:9.',
        f'variant "{name}-x.y", base: "bar" breaks the rule "eq=foo" of p.yaml:5:9.',
    ]


FULL = Variant(
    "own",
    base="foo",
    arguments={"ARG": "a"},
    apt=Apt(
        packages={"default": ["git"], "bookworm-backports": ["make=1"]},
        sources=[AptSource("https://a.example", distribution="sid")],
        proxies=["http://p.example:80", AptProxy("http://q.example")],
    ),
    node=Node(env="production", use_npm_ci=True, requirements=["package.json"]),
    php=Php(production=True),
    python=Python(version="python3", pip_version="23", poetry=Poetry(version="==1.5", devel=True)),
    builder=Builder(command="make all", caches=[Cache("/c")]),
    lives=Lives(directory="/app", user="owner", uid=1, gid=2),
    runs=Runs(directory="/run/app", user="runner", uid=3, gid=4, environment={"AB": "c"}, insecurely=True),
    entrypoint=["npm", "start"],
    copies=["local", Copy(Image("img"), source="x")],
)
EMPTY = Variant("own", base="foo")


@pytest.mark.parametrize(
    ("path", "full", "empty"),
    [
        ("base", "eq=foo", "eq=foo"),
        ("arguments", "len=1", "len=0"),
        ("arguments.ARG", "eq=a", "eq="),
        ("apt.packages", "len=2", "isdefault"),
        ("apt.packages.default", "len=1,dive,eq=git", "len=0"),
        ("apt.packages.bookworm-backports", "dive,contains==", "len=0"),
        ("apt.sources", "len=1", "len=0"),
        ("apt.proxies", "len=2", "len=0"),
        ("node.env", "eq=production", "eq="),
        ("node.use-npm-ci", "istrue", "isfalse"),
        ("node.allow-dedupe-failure", "isfalse", "isfalse"),
        ("node.requirements", "dive,eq=package.json", "len=0"),
        ("php.production", "istrue", "isfalse"),
        ("php.requirements", "len=0", "len=0"),
        ("python.version", "eq=python3", "eq="),
        ("python.pip-version", "eq=23", "eq="),
        ("python.poetry.version", "eq===1.5", "eq="),
        ("python.poetry.devel", "istrue", "isfalse"),
        ("python.poetry.only", "eq=", "eq="),
        ("builder.command", "len=1,dive,eq=make all", "len=0"),
        ("builder.script", "eq=", "eq="),
        ("builder.caches", "len=1", "len=0"),
        ("builders", "len=4", "len=0"),
        ("lives.in", "eq=/app", "eq=/srv/app"),
        ("lives.as", "eq=owner", "eq=somebody"),
        ("lives.uid", "eq=1", "eq=65533"),
        ("lives.gid", "eq=2", "eq=65533"),
        ("runs.in", "eq=/run/app", "eq=/srv/app"),
        ("runs.as", "eq=runner", "eq=runuser"),
        ("runs.uid", "eq=3", "eq=900"),
        ("runs.gid", "eq=4", "eq=900"),
        ("runs.environment", "len=1,envvars", "len=0"),
        ("runs.environment.AB", "eq=c", "eq="),
        ("runs.insecurely", "istrue", "isfalse"),
        ("entrypoint", "len=2,dive,excludesall= ", "len=0"),
        ("copies", "len=2", "len=0"),
    ],
)
def test_each_setting_has_a_path_and_an_empty_value_where_it_is_not_set(
    follow_rules: FollowRules, path: str, full: str, empty: str
) -> None:
    assert follow_rules({path: full}, FULL) == []
    assert follow_rules({path: empty}, EMPTY) == []
    assert len(follow_rules({path: "required,isdefault"}, FULL)) == 1


def test_a_variant_that_starts_from_nothing_has_an_empty_base(follow_rules: FollowRules) -> None:
    assert follow_rules({"base": "isdefault"}, Variant("own", base="scratch")) == []


def test_build_steps_are_found_wherever_they_stand(follow_rules: FollowRules) -> None:
    own = Variant("own", base="foo", builders=[Builder(command="a"), Node(env="test"), Builder(command="b")])
    assert follow_rules({"node.env": "eq=x", "builder.command": "dive,eq=a"}, own) == [
        'variant "own", node.env: "test" breaks the rule "eq=x" of p.yaml:3:9.',
        'variant "own", builder.command: ["b"] breaks the rule "dive,eq=a" of p.yaml:5:9.',
    ]


@pytest.mark.parametrize(
    ("path", "rule", "value"),
    [
        ("runs.uid", "eq=0", "3"),
        ("runs.insecurely", "isfalse", "true"),
        ("apt.packages", "len=1", '{"default": ["git"], "bookworm-backports": ["make=1"]}'),
        ("runs.environment", "len=0", '{"AB": "c"}'),
        ("entrypoint", "len=1", '["npm", "start"]'),
        ("apt.sources", "len=0", """["AptSource('https://a.example', distribution='sid')"]"""),
    ],
)
def test_a_value_is_shown_so_that_it_can_be_read(
    follow_rules: FollowRules, path: str, rule: str, value: str
) -> None:
    (said,) = follow_rules({path: rule}, FULL)
    assert said == f'variant "own", {path}: {value} breaks the rule "{rule}" of p.yaml:3:9.'


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("bsae", 'there is no key "bsae". Did you mean "base"?'),
        ("runs.insecure", 'there is no key "insecure". Did you mean "insecurely"?'),
        ("python.poetry.vers", 'there is no key "vers". Did you mean "version"?'),
        ("lives.zzz", 'there is no key "zzz". There are: in, as, uid, gid.'),
        ("Base", 'there is no key "Base". Did you mean "base"?'),
        ("variants.own.bsae", 'there is no key "bsae". Did you mean "base"?'),
        ("variants.own.includes", 'there is no key "includes". There are: '),
        ("variants.onw.base", 'there is no variant "onw". Did you mean "own"?'),
        ("variants.zzz.base", 'there is no variant "zzz". There are: own.'),
        ("variants", "it names no setting of a variant. Write variants.NAME.SETTING."),
        ("variants.own", "it names no setting of a variant. Write variants.NAME.SETTING."),
        ("runs", '"runs" is a section. Name a setting of it: in, as, uid, gid, environment, insecurely.'),
        ("python.poetry", '"poetry" is a section. Name a setting of it: version, devel, only, without.'),
        ("copies.0.from", 'nothing stands below "copies". Elements of lists have no paths.'),
        ("base.tag", 'nothing stands below "base". Elements of lists have no paths.'),
        ("builders.node.env", 'nothing stands below "builders". Elements of lists have no paths.'),
        ("runs.", 'there is no key "". There are: in, as, uid, gid, environment, insecurely.'),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(follow_rules: FollowRules, path: str, complaint: str) -> None:
    """Unlike in Blubber, which passes over it: §5."""
    (said,) = follow_rules({path: "required"}, EMPTY)
    assert said.startswith(f'"{path}" leads nowhere: {complaint}')


def test_paths_and_rules_that_cannot_be_applied_are_named_with_their_place_beside_violations(
    hold: Hold,
) -> None:
    text = """\
enforcements:
  - {path: bsae, rule: required}
  - {path: base, rule: eq=bar}
  - {path: base, rule: isfalse}
  - {path: variants.onw.base, rule: required}
"""
    problems = hold([read(text, "p.yaml")], EMPTY)
    assert [(problem.code, str(problem.at)) for problem in problems] == [
        ("policy-violated", str(EMPTY.at)),
        ("unknown-path", "p.yaml:2:12"),
        ("unfit-rule", "p.yaml:4:24"),
        ("unknown-variant", "p.yaml:5:12"),
    ]


def test_checks_of_texts_are_not_for_elements_that_are_none(follow_rules: FollowRules) -> None:
    (said,) = follow_rules({"apt.sources": "dive,alpha"}, FULL)
    assert said == 'the rule "dive,alpha": "alpha" is not for an object. It is for: a string.'


def test_json_is_read_too(hold: Hold) -> None:
    text = '{\n\t"enforcements": [\n\t\t{"path": "base", "rule": "eq=bar"}\n\t]\n}\n'
    (problem,) = hold([read(text, "p.json")], EMPTY)
    assert problem.message == 'variant "own", base: "foo" breaks the rule "eq=bar" of p.json:3:28.'


def test_a_file_may_enforce_nothing(hold: Hold) -> None:
    assert hold([read("enforcements: []", "p.yaml")], EMPTY) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", 'p.yaml:1: a file of rules is a mapping, not nothing. It has "enforcements". [wrong-type]'),
        ("- a", 'p.yaml:1:1: a file of rules is a mapping, not a list. It has "enforcements". [wrong-type]'),
        (
            "enforcement: []",
            'p.yaml:1:1: there is no key "enforcement" here. Did you mean "enforcements"? [unknown-key]',
        ),
        ("enforcements: {a: b}", 'p.yaml:1:15: "enforcements" is a list. [wrong-type]'),
        ("enforcements: ~", 'p.yaml:1:15: "enforcements" is a list. [wrong-type]'),
        (
            "enforcements: []\nenforcements: []",
            'p.yaml:1:1: "enforcements" is there twice. [repeated-key]',
        ),
        (
            "enforcements: [base]",
            'p.yaml:1:16: an entry is a mapping, not "base". It has "path" and "rule". [wrong-type]',
        ),
        (
            "enforcements: [{path: base, rule: 3}]",
            'p.yaml:1:35: "rule" is a string, not the number 3. [wrong-type]',
        ),
        (
            "enforcements: [{path: '', rule: required}]",
            'p.yaml:1:23: "path" is a string, not "". [wrong-type]',
        ),
        ("enforcements: [{path: base}]", 'p.yaml:1:16: "rule" is required here. [missing-key]'),
        ("enforcements: [", "p.yaml:2:1: this is not YAML: "),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, complaint: str) -> None:
    assert refusal(text)[0].startswith(complaint)


def test_all_that_is_wrong_with_a_file_is_said_at_once() -> None:
    text = "enforcements:\n- {path: base, rule: requird}\n- {path: base, rules: required}\n- 3\n"
    unknown = 'the rule "requird" has a check "requird", which there is not.'
    assert refusal(text) == [
        f'p.yaml:2:22: {unknown} Did you mean "required"? [unknown-rule]',
        'p.yaml:3:16: there is no key "rules" here. Did you mean "rule"? [unknown-key]',
        'p.yaml:3:3: "rule" is required here. [missing-key]',
        'p.yaml:4:3: an entry is a mapping, not the number 3. It has "path" and "rule". [wrong-type]',
    ]
