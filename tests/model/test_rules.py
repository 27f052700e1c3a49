"""The values that each field takes and refuses, by the rules of spec/blubber.md §1.4 and §1.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

DIGEST = f"sha256:{'a1' * 32}"

RULES: dict[str, tuple[tuple[object, ...], tuple[object, ...]]] = {
    # an expression with a place for a value: values that it takes, values that it refuses
    "Variant({})": (
        ("abc", "Ab1", "a-b", "a.b", "test-image.v2", "local"),
        ("", "a", "ab", "1ab", "a_b", "abc-", "abc.", "-abc", "ab c", "abç", "abc\n", 3, None),
    ),
    "Project({})": (("x", "any name at all"), ("", 3, None)),
    "Pipeline({})": (("ci", "publish images"), ("", 3, None)),
    "ci.stage({})": (
        ("a", "unit-test", "unit_test", "2nd"),
        ("", "setup", "teardown", "a b", "a.b", "-a", "_a", "ä", "a\n", 3, None),
    ),
    "Variant('abc', base={})": (
        (
            *("debian", "debian:bookworm-slim", "library/debian", "localhost:5000/a/b", "scratch", None),
            *("docker-registry.wikimedia.org/nodejs-slim:0.1", f"debian@{DIGEST}", f"debian:12@{DIGEST}"),
            *("a__b", "a--b", "a.b", "Upper.host/a"),
        ),
        (
            *("", "Debian", "debian:", "debian:a b", "debian:-x", "a//b", "/a", "a/", "a___b", "-a"),
            *("debian@sha256:abc", "debian:" + "x" * 129, "http://a/b", 3, ["debian"]),
        ),
    ),
    "Variant('abc', arguments={})": (
        ({}, {"AB": "1"}, {"_a": ""}, {"a1_": "x"}, None),
        ({"A": "1"}, {"": "1"}, {"1A": "1"}, {"A-B": "1"}, {"AB": 1}, {"AB": None}, {1: "x"}, ["AB"], "AB=1"),
    ),
    "Variant('abc', entrypoint={})": (
        (["npm", "test"], ("npm",), [], ["$HOME"], [""], None),
        ("npm test", [1], [None], [["npm"]], {"npm": ""}, 3),
    ),
    "Variant('abc', includes={})": (([],), (["build"], "build", [None], None)),
    "Variant('abc', copies={})": (
        (["local"], [], ("local",)),
        (["build"], "local", ["local", "local"], [""], [None], [3], None),
    ),
    "Apt(packages={})": (
        (
            *(["git"], ["g++"], ["libstdc++6", "2to3"], ["git=1:2.39.2-1.1"], ["git=2"], ["git/bookworm"]),
            *([], {"default": ["git"]}, {"bookworm-backports": ["git"], "sid": []}, ["git-"]),
        ),
        (
            *(["g"], ["Git"], ["foo fighter"], ["git:amd64"], ["git="], ["git=a"], ["git/1"], ["git/a-"]),
            *([""], ["-git"], "git", [1], None, {"123": ["git"]}, {"a b": ["git"]}, {"": []}, {"sid": "git"}),
        ),
    ),
    "Apt(proxies={})": (
        (["http://proxy:8080"], ["https://proxy"], []),
        (["ftp://proxy"], ["proxy:8080"], ["http://"], ["http://a b"], "http://proxy", [1]),
    ),
    "AptProxy({})": (("http://proxy",), ("proxy", "", None)),
    "AptProxy('http://proxy', source={})": (("https://deb.debian.org", None), ("deb.debian.org", 1)),
    "AptSource({}, distribution='sid')": (("http://a", "https://a/b"), ("ftp://a", "a", "", None)),
    "AptSource('http://a', distribution={})": (("bookworm", "stable/updates"), ("123", "", "a b", None)),
    "AptSource('http://a', distribution='sid', components={})": (
        (["main"], ["main", "non-free"], ["thirdparty/ci"], []),
        (["a b"], [""], "main", [1], None),
    ),
    "AptSource('http://a', distribution='sid', signed_by={})": (("-----BEGIN PGP", None), (1, ["key"])),
    "Lives(directory={})": (("/srv/app", "/a/../b", None), ("/", "//", "/.", "/a/..", "srv", "", 1)),
    "Lives(user={})": (
        ("somebody", "www-data", "a.b", None),
        ("root", "fo", "a_b", "1ab", "ab-", "", 1),
    ),
    "Lives(uid={})": ((0, 65533, None), (-1, "1", 1.0, True)),
    "Lives(gid={})": ((0, 65533, None), (-1, "1", 1.0, True)),
    "Runs(directory={})": (("/srv/app", None), ("/", "srv")),
    "Runs(user={})": (("runuser", None), ("root", "a_b")),
    "Runs(uid={})": ((0, 900, None), (-1, "900", True)),
    "Runs(gid={})": ((0, 900, None), (-1, "900", True)),
    "Runs(environment={})": (
        ({}, {"PATH": "$HOME/bin:$PATH"}, {"_x": ""}, None),
        ({"A": ""}, {"1A": ""}, {"A B": ""}, {"AB": 1}, {"AB": True}, {"AB": None}, [("AB", "1")]),
    ),
    "Runs(insecurely={})": ((True, False, None), ("true", 1, "yes")),
    "Node(requirements={})": (
        (["package.json", "src/"], ["."], ["..foo/../a"], [], None),
        (["a", "a"], [""], ["/etc/passwd"], ["../a"], ["..foo"], "package.json", [1], [None]),
    ),
    "Node(env={})": (("production", "Dev2", None), ("prod-1", "", "a b", 1)),
    "Node(use_npm_ci={})": ((True, False, None), ("yes", 1)),
    "Node(allow_dedupe_failure={})": ((True, False, None), ("yes", 0)),
    "Php(requirements={})": ((["composer.json"], None), ("composer.json", ["a", "a"])),
    "Php(production={})": ((True, False, None), ("yes", 1)),
    "Python(version={})": (("python3", "pypy3", None), ("", 3)),
    "Python(requirements={})": ((["requirements.txt"], None), ("requirements.txt", ["a", "a"])),
    "Python(use_system_site_packages={})": ((True, None), ("yes", 1)),
    "Python(no_deps={})": ((True, None), ("yes", 1)),
    "Python(venv={})": (("/opt/venv", "venv", None), ("", 1)),
    "Python(pip_version={})": (("24.0", ">=24", None), ("", 24)),
    "Python(setuptools_version={})": (("69", None), ("", 69)),
    "Python(tox_version={})": (("4", None), ("", 4)),
    "Python(wheel_version={})": (("0.4", None), ("", 0.4)),
    "Poetry(version={})": (
        ("==1.8.3", ">=1.5,<2", "~=1.5", "!=1.0", "<=2", ">1", "<2", "==1.*", "==1!2+local", None),
        ("1.5.1", "=1", "", ">= 1", ">=1, <2", "==", ">=1,", "^1", 1),
    ),
    "Poetry(devel={})": ((True, None), ("yes", 1)),
    "Poetry(only={})": (("main", "main,docs", None), ("", ["main"])),
    "Poetry(without={})": (("dev", None), ("", ["dev"])),
    "Builder(command={})": (("make", ["make", "all"], [], None), ("", [1], 1, {"make": ""})),
    "Builder(script={})": (("#!/bin/bash\nmake", None), ("", ["make"])),
    "Builder(requirements={})": ((["Makefile"], None), ("Makefile", ["a", "a"], ["/a"])),
    "Builder(mounts={})": ((["local"], [], None), (["build"], "local", ["local", "local"], [1])),
    "Builder(caches={})": ((["/var/cache/x", "$HOME/x"], [], None), (["a", "a"], [""], "a", [1])),
    "Cache({})": (("/var/cache/x", "cache"), ("", 1, None)),
    "Cache('/a', id={})": (("id", None), ("", 1)),
    "Cache('/a', access={})": (("shared", "locked", "private"), ("exclusive", "", None, True)),
    "Mount({})": (("local",), ("build", "", None, 1)),
    "Mount('local', destination={})": (("/src", "src", "."), ("", None, 1)),
    "Mount('local', source={})": (("/src", "src"), ("", None, 1)),
    "Image({})": (("golang:1.23", f"a@{DIGEST}"), ("Golang", "", None, 1)),
    "Copy({})": (("local",), ("build", "", None, 1)),
    "Copy('local', source={})": (
        ("src", "src/", "a/../b", ".", None),
        ("/etc", "..", "../a", "a/../../b", "..foo", "", 1),
    ),
    "Copy(build, source={})": (("/etc", "../a", "..foo", "dist/*.js"), ("", 1)),
    "Copy(build, source='a', destination={})": (("/a", "../a", "b/", None), ("", 1)),
    "Copy(build, exclude={})": ((["*.md", "!README.md"], [], ("a",)), ("*.md", [""], [1], None)),
    "ci.stage('x', run={})": (
        (True, False, ["npm", "test"], [], None),
        ("npm test", [1], 1, {"command": []}),
    ),
    "ci.stage('x', build={})": ((None,), ("build", True, ["build"])),
    "ci.stage('x', after={})": (([],), (["compile"], "compile", None, [None])),
    "Run(command={})": ((["npm"], [], None), ("npm", [1])),
    "Run(arguments={})": ((["--all"], []), ("--all", [1], None)),
    "Run(environment={})": (({"A": "b", "x-y": ""}, {}), ({"A": 1}, ["A"], {1: "a"}, None)),
    "Run(image={})": (("${test.imageID}", None), ("", 1)),
    "Run(tail={})": ((0, -1, 100), (-2, "1", True, None, 1.5)),
    # the same for objects, written as an author writes them
    "Variant('abc', base={!s})": (("Image('debian')",), ("build", "Image", "Apt()")),
    "Variant('abc', includes={!s})": (("[build]", "(build, build)"), ("build", "[Image('a')]", "[stage]")),
    "Variant('abc', copies={!s})": (
        ("[build, 'local', Image('a'), Copy(build, source='a'), Copy(build, source='b')]",),
        (
            *(
                "[build, build]",
                "[build, Copy(build)]",
                "['local', Copy('local')]",
                "[Image('a'), Image('a')]",
            ),
            *("[Copy(build, source='a')] * 2", "[stage]", "[Variant]", "build"),
        ),
    ),
    "Node(requirements={!s})": (
        ("['a', Copy(build, source='a'), Copy('local', source='b')]",),
        ("[build]", "['a', Copy('local', source='a')]", "[Copy]", "Copy('local')"),
    ),
    "Builder(mounts={!s})": (
        ("[build, Image('a'), 'local', Mount(build, source='/a')]",),
        ("[build, Mount(build)]", "[stage]", "build"),
    ),
    "Builder(caches={!s})": (("['a', Cache('b'), Cache('a', id='x')]",), ("['a', Cache('a')]", "[build]")),
    "Builder({!s})": (
        ("command='a'", "script='a'", "command=[], script='a'"),
        ("command='a', script='b'", "command=['a'], script='b'", "comand='a'"),
    ),
    "Copy({!s})": (
        ("build", "Image('a')", "build, source='a', destination='b'"),
        ("stage", "Variant", "build, destination='b'", "", "build, 'a'", "build, form='a'"),
    ),
    "Variant('abc', builders={!s})": (
        ("[Node(), Php(), Python(), Builder(), Builder()]", "[]", "None"),
        ("[Node(), Node()]", "[Python(), Builder(), Python()]", "Node()", "[Apt()]", "['node']", "[{}]"),
    ),
    "Variant('abc', {!s})": (
        (
            *("builders=[Builder()], node=Node()", "builders=[], node=Node(env='test')"),
            *("node=Node(env='test'), builder=Builder(command='a')", "lives=Lives(), runs=Runs()"),
        ),
        (
            *(
                "builders=[Builder()], node=Node(env='test')",
                "builders=[Php()], python=Python(requirements=[])",
            ),
            *("builders=[Php()], builder=Builder(command=[])", "builders=[Php()], php=Php(production=False)"),
            *("lives=Runs()", "runs={}", "apt=['git']", "node=Node", "python=Poetry()", "bse='debian'"),
        ),
    ),
    "Apt(sources={!s})": (("[AptSource('http://a', distribution='sid')]",), ("['http://a']", "[{}]")),
    "Apt(proxies={!s})": (("['http://a', AptProxy('http://b')]",), ("[AptProxy]", "AptProxy('http://b')")),
    "Python(poetry={!s})": (("Poetry()", "Poetry(version='==1')"), ("'==1'", "{}", "True")),
    "ci.stage('x', {!s})": (
        ("build=build, run=True, after=[stage]", "run=Run(image=stage.image_id)", "after=(stage,)"),
        ("build=stage", "after=stage", "after=[build]", "run=Run", "bild=build", "build, True"),
    ),
    "Pipeline('ci', {!s})": (("stages=[stage]",), ("stages=stage", "stages=[build]", "stage=[]")),
    "Project('p', {!s})": (
        ("base='debian', apt=Apt(), variants=[build], pipelines=[ci]",),
        ("variants=[ci]", "pipelines=[build]", "copies=['local']", "includes=[]", "version='v4'"),
    ),
}


def cases(which: int) -> list[str]:
    return [
        rule.format(value) if "!s" in rule else rule.format(repr(value))
        for rule, values in RULES.items()
        for value in values[which]
    ]


@pytest.mark.parametrize("expression", cases(0))
def test_a_value_that_keeps_the_rule_is_taken(write: Callable[[str], object], expression: str) -> None:
    assert write(expression) is not None


@pytest.mark.parametrize("expression", cases(1))
def test_a_value_that_breaks_the_rule_is_refused_with_one_problem(
    refusal: Callable[[str], list[str]], expression: str
) -> None:
    assert len(refusal(expression)) == 1
