"""What Blubber takes and does not do as it is written: spec/blubber.md, appendix C."""

from __future__ import annotations

import pytest

from pipeline_dsl.formats.blubber import read


def warnings(text: str) -> list[str]:
    found = read(f"version: v4\n{text}", "b.yaml", "service").warnings
    return [str(problem).removeprefix("b.yaml:") for problem in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "variants: {foo: {lives: {uid: 0}}}",
            (
                "2:31: Blubber takes a 0 in a variant for a number that is not given. "
                "So does this: the inherited number holds. [ignored-zero]"
            ),
        ),
        (
            "base: scratch",
            (
                '2:7: Blubber looks for an image called "scratch", which there is none of. '
                "Here it means to start from nothing, as base: ~ does. [base-scratch]"
            ),
        ),
        (
            "base: foo\nvariants: {foo: {base: ~}}",
            (
                "3:18: Blubber does not let a variant cancel the base that it inherits. "
                "So does this: the inherited base holds. [inherited-base]"
            ),
        ),
        (
            "builder: {mounts: [local]}",
            (
                "2:20: Blubber takes local, as what is mounted, for an image of that name. "
                "Here it is the build context. [mounted-context]"
            ),
        ),
        (
            "builder: {mounts: [{from: local}]}",
            (
                "2:27: Blubber takes local, as what is mounted, for an image of that name. "
                "Here it is the build context. [mounted-context]"
            ),
        ),
        (
            "builder: {command: date +%s}",
            (
                '2:10: Blubber crashes on a "%" in a command that is no list. '
                "Here it stands for itself. [percent-sign]"
            ),
        ),
        (
            "python: {version: pypy3}",
            (
                '2:9: Blubber crashes on "pypy3", shorter than "python3", without a pip-version. '
                "Here the newest pip is installed. [short-interpreter]"
            ),
        ),
        (
            "builders: [{node: {}, custom: {}}]",
            (
                "2:12: of several builders in one entry Blubber keeps one: custom. So does this. "
                "[crowded-builder]"
            ),
        ),
        (
            "Base: foo",
            (
                '2:1: Blubber takes "Base" for "base" and does not check its value. '
                "Here it counts, and is checked. [key-in-capitals]"
            ),
        ),
        (
            "variants: {foo: {copies: [{from: local, sorce: a}]}}",
            (
                '2:41: Blubber passes over the unknown key "sorce" without a word. '
                'Did you mean "source"? [ignored-key]'
            ),
        ),
        (
            "builder: {caches: [{destination: a, zzz: b}]}",
            '2:37: Blubber passes over the unknown key "zzz" without a word. So does this. [ignored-key]',
        ),
        (
            "variants: {foo: {copies: [prdo]}, prod: {}}",
            (
                '2:27: "prdo" is no variant, so that it is taken for an image. '
                'Did you mean "prod"? [likely-misspelt]'
            ),
        ),
        ("base: a\nbase: b", '2:1: "base" is given more than once; the last one counts. [repeated-key]'),
        (
            "variants: {foo: {}, foo: {}}",
            '2:12: "foo" is given more than once; the last one counts. [repeated-key]',
        ),
        (
            "apt: {packages: {default: [git], default: [gcc]}}",
            '2:18: "default" is given more than once; the last one counts. [repeated-key]',
        ),
        (
            "variants: {foo: &foo {base: a}, bar: {base: b, <<: *foo}}",
            (
                '2:39: Blubber lets the "<<" further down replace "base". '
                'Here it holds. Move "<<" to the top. [contested-key]'
            ),
        ),
    ],
)
def test_a_warning_says_what_blubber_does_and_what_is_done_here(text: str, said: str) -> None:
    """With the place in the file."""
    assert [said] == warnings(text)


@pytest.mark.parametrize(
    "text",
    [
        "lives: {uid: 0}",
        "base: ~\nvariants: {foo: {base: ~}}",
        "builder: {command: [date, +%s]}",
        "python: {version: pypy3, pip-version: '1'}",
        "variants: {foo: {copies: [golang]}, prod: {}}",
        "variants: {foo: &foo {base: a}, bar: {<<: *foo, base: b}}",
        "builder: {mounts: [img], requirements: [{from: local}]}",
    ],
)
def test_what_blubber_does_as_it_is_written_is_not_warned_of(text: str) -> None:
    """The same things, where they are right."""
    assert warnings(text) == []
