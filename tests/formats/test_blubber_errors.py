"""What Blubber rejects is an error with its place, in the words that the specification quotes."""

from __future__ import annotations

import pytest

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats.blubber import read


def refusal(text: str) -> list[str]:
    """What is said of a file, without its name."""
    with pytest.raises(DefinitionError) as refused:
        read(text, "b.yaml", "service")
    return [str(problem).removeprefix("b.yaml:") for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: a Blubber file is a mapping, not nothing. [wrong-type]"),
        ("- v4", "1:1: a Blubber file is a mapping, not a list. [wrong-type]"),
        ("base: foo", '1:1: version: is required. Add "version: v4". [unsupported-version]'),
        (
            "base: foo\nversion: v5",
            '2:10: version: "v5" is unsupported. It is one of v1, v2, v3, v4. [unsupported-version]',
        ),
        (
            "version: 4\nfoo: 1",
            "1:10: version: the number 4 is unsupported. It is one of v1, v2, v3, v4. [unsupported-version]",
        ),
        (
            "version: [",
            "2:1: this is not YAML: did not find expected node content, while parsing a flow node.",
        ),
    ],
)
def test_a_file_that_is_none_of_blubbers_is_refused_as_a_whole(text: str, said: str) -> None:
    """Nothing else is said of it."""
    assert [said] == [one[: len(said)] for one in refusal(text)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("variants: []", "2:11: variants: must be a mapping, not a list. [wrong-type]"),
        (
            "variants: {foo: ~}",
            (
                '2:17: variants: "foo" must be a mapping, not nothing. '
                "Write {} for a variant without settings of its own. [wrong-type]"
            ),
        ),
        (
            "variants: {a_b: {}}",
            (
                '2:12: variants: "a_b" is not a valid variant name. '
                'Use at least three letters, digits, "-" or ".", a letter first. [invalid-value]'
            ),
        ),
        (
            "variants: {foo: {includes: [local, bax]}, bar: {}}",
            '2:36: includes[1]: references an unknown variant "bax". Did you mean "bar"? [unknown-variant]',
        ),
        ("variants: {foo: {includes: foo}}", '2:28: this must be a list, not "foo". [wrong-type]'),
        (
            "variants: {foo: {includes: [bar]}, bar: {copies: [foo]}}",
            "2:12: variants refer to one another in a circle: foo ← bar ← foo. [variant-cycle]",
        ),
        (
            "base: Foo",
            (
                '2:7: base: "Foo" is not a valid image reference. '
                "Expected name[:tag][@digest], the name in lower case. [invalid-value]"
            ),
        ),
        (
            "arguments: {A: x}",
            (
                "2:16: arguments[A]: "
                '"A" is not a valid environment variable name. '
                'Use at least two letters, digits or "_", no digit first. [invalid-value]'
            ),
        ),
        (
            "arguments: {FOO: 1}",
            '2:18: this must be a string, not the number 1. Write "1", in quotes. [wrong-type]',
        ),
        (
            "runs: {environment: {FOO: yes}}",
            '2:27: this must be a string, not the boolean yes. Write "yes", in quotes. [wrong-type]',
        ),
        ('runs: {insecurely: "true"}', '2:20: this must be true or false, not "true". [wrong-type]'),
        ("runs: {uid: -1}", "2:13: uid: must be 0 or more, not -1 (int). [wrong-type]"),
        ("runs: {uid: 1.5}", "2:13: this must be an integer, not the number 1.5. [wrong-type]"),
        ("runs: {uid: true}", "2:13: this must be an integer, not the boolean true. [wrong-type]"),
        ("entrypoint: ~", "2:13: this must be a list, not nothing. Leave the key out. [wrong-type]"),
        (
            "entrypoint: [1]",
            '2:14: this must be a string, not the number 1. Write "1", in quotes. [wrong-type]',
        ),
        (
            "apt: {packages: {default: [git, foo fighter]}}",
            (
                '2:33: packages[default][1]: "foo fighter" is not a valid Debian package name. '
                "Expected name, name=version or name/release, one package per item. [invalid-value]"
            ),
        ),
        (
            "apt: {packages: [git, Foo]}",
            (
                '2:23: packages[1]: "Foo" is not a valid Debian package name. '
                "Expected name, name=version or name/release, one package per item. [invalid-value]"
            ),
        ),
        (
            "apt: {packages: {'123': [git]}}",
            (
                "2:25: packages[123]: "
                '"123" is not a valid Debian release. One is "bookworm-backports". [invalid-value]'
            ),
        ),
        ("apt: {packages: git}", '2:17: this must be a list, not "git". [wrong-type]'),
        ("apt: {sources: [{url: http://a}]}", "2:17: distribution: is required. [missing-key]"),
        (
            "apt: {proxies: ['ftp://a']}",
            '2:17: proxies[0]: "ftp://a" is not a valid URL. Expected http://… or https://…. [invalid-value]',
        ),
        ("apt: {proxies: [{source: http://a}]}", "2:17: url: is required. [missing-key]"),
        ("lives: {in: /}", '2:13: in: "/" is not a valid absolute non-root path. [invalid-value]'),
        ("lives: {in: srv}", '2:13: in: "srv" is not a valid absolute non-root path. [invalid-value]'),
        (
            "lives: {as: root}",
            (
                '2:13: as: "root" is not a valid user name. Files and processes belong to other '
                "users. [invalid-value]"
            ),
        ),
        (
            "runs: {as: a_b}",
            (
                '2:12: as: "a_b" is not a valid user name. '
                'Use at least three letters, digits, "-" or ".", a letter first. [invalid-value]'
            ),
        ),
        (
            "node: {env: prod-1}",
            (
                '2:13: env: "prod-1" is not a valid Node environment name. Use letters and '
                "digits only. [invalid-value]"
            ),
        ),
        (
            "python: {poetry: {version: 1.5.1}}",
            (
                '2:28: version: "1.5.1" is not a valid Python package version specification. '
                'Expected comparisons such as "==1.8.3" or ">=1.5,<2", without spaces. [invalid-value]'
            ),
        ),
        (
            "python: {pip-version: 21.0}",
            '2:23: this must be a string, not the number 21.0. Write "21.0", in quotes. [wrong-type]',
        ),
        ("builder: make", '2:10: this must be a mapping, not "make". [wrong-type]'),
        ('builder: {command: ""}', '2:20: this must be a command, not "". [wrong-type]'),
        (
            "builder: {command: a, script: b}",
            '2:20: command: is not allowed if "script" is also set. [invalid-value]',
        ),
        ("builder: {caches: [{id: a}]}", "2:20: destination: is required. [missing-key]"),
        (
            "builder: {caches: [{destination: a, access: never}]}",
            '2:45: access: must be "shared", "locked" or "private", not the string \'never\'. [wrong-type]',
        ),
        (
            "builder: {caches: [a, {destination: a}]}",
            "2:19: caches: cannot contain duplicates. [invalid-value]",
        ),
        ("builder: {mounts: [{source: a}]}", "2:20: from: is required. [missing-key]"),
        ("builder: {mounts: [img, img]}", "2:19: mounts: cannot contain duplicates. [invalid-value]"),
        ("builder: {requirements: ['']}", "2:26: an item of this list must not be empty. [invalid-value]"),
        ("builder: {requirements: [a, a]}", "2:25: requirements: cannot contain duplicates. [invalid-value]"),
        ("builder: {requirements: [{source: a}]}", "2:26: from: is required. [missing-key]"),
        ("builder: {requirements: [{from: ~}]}", "2:26: from: is required. [missing-key]"),
        (
            "builder: {requirements: [{from: foo bar}]}",
            (
                '2:33: from: "foo bar" is not a valid image reference. '
                "Expected name[:tag][@digest], the name in lower case. [invalid-value]"
            ),
        ),
        (
            "builder: {requirements: [{from: local, destination: a}]}",
            '2:26: source: is required if "destination" is also set. [invalid-value]',
        ),
        (
            "builder: {requirements: [../a]}",
            (
                '2:26: requirements[0]: "../a" is not a relative path inside the build context. '
                'Files from elsewhere come from a Variant or an Image, not from "local". [invalid-value]'
            ),
        ),
        (
            "node: {requirements: [a]}\nbuilders: [{php: {}}]",
            (
                '3:11: builders: is not allowed beside "node". Move everything into builders, in '
                "order. [invalid-value]"
            ),
        ),
        (
            "builders: [{node: {}}, {custom: {}}, {node: {}}]",
            (
                "2:38: builders: contains disallowed repetitions of entries. "
                "Only custom may be there twice. [invalid-value]"
            ),
        ),
        (
            "builders: [{}]",
            "2:12: this must be a mapping of one of node, php, python, custom, not a mapping. [wrong-type]",
        ),
        (
            "builders: [{custom: ~}]",
            "2:21: this must be a mapping, not nothing. Leave the key out. [wrong-type]",
        ),
        ("builders: [{ruby: {}}]", '2:13: there is no key "ruby" here. [unknown-key]'),
        (
            "variants: {foo: {copies: [local, {from: local}]}}",
            (
                "2:26: copies holds strings and mappings; Blubber takes one or the other. "
                "Write {from: NAME} for the strings. [mixed-copies]"
            ),
        ),
        ("variants: {foo: {copies: [img, img]}}", "2:26: copies: cannot contain duplicates. [invalid-value]"),
        ("variants: {foo: {copies: local}}", '2:26: this must be a list, not "local". [wrong-type]'),
        ("copies: [local]", '2:1: there is no key "copies" here. [unknown-key]'),
        ("x-common: &common {}", '2:1: there is no key "x-common" here. [unknown-key]'),
        ("bas: foo", '2:1: there is no key "bas" here. Did you mean "base"? [unknown-key]'),
        (
            "python: {use-system-flag: true}",
            (
                '2:10: there is no key "use-system-flag" here. Did you mean '
                '"use-system-site-packages"? [unknown-key]'
            ),
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, said: str) -> None:
    """And nothing else is said of a file that is right otherwise."""
    assert [said] == refusal(f"version: v4\n{text}")


def test_all_that_is_wrong_is_named_at_once_in_the_order_of_the_file() -> None:
    """A variant that is wrong can be referred to; that is no further mistake."""
    text = """\
version: v4
variants:
  test: {includes: [build], copies: [build], entrypoint: x}
  build: {bsae: foo}
  prep: ~
lives: {uid: x}
"""
    assert [":".join(one.split(":")[:2]) for one in refusal(text)] == ["3:58", "4:11", "5:9", "6:14"]
