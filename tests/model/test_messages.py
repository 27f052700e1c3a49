"""What an author is told of a mistake, word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = {
    # misspelt, missing, misplaced
    "Variant('abc', bse='debian')": (
        'Variant() has no argument "bse". Did you mean "base"? [unknown-argument]'
    ),
    "Variant('abc', zzz=1)": 'Variant() has no argument "zzz". [unknown-argument]',
    "ci.stage('x', bild=build)": ('stage() has no argument "bild". Did you mean "build"? [unknown-argument]'),
    "Variant()": 'Variant() needs the argument "name". [missing-argument]',
    "ci.stage()": 'stage() needs the argument "name". [missing-argument]',
    "AptSource('http://a')": 'AptSource() needs the argument "distribution". [missing-argument]',
    "Variant('abc', name='abc')": 'Variant() is given "name" twice. [repeated-argument]',
    "Variant('abc', 'debian')": (
        'Variant() takes only "name" by position. Name all others, as in base=…. [positional-argument]'
    ),
    "Variant('abc', *'abcdefghijklmnopqrstuvwxyz')": (
        'Variant() takes only "name" by position. Name all others, as in base=…. [positional-argument]'
    ),
    "Apt(['git'])": (
        "Apt() takes no argument by position. Name all others, as in packages=…. [positional-argument]"
    ),
    "Image('a', 'b')": 'Image() takes only "reference" by position. [positional-argument]',
    "ci.stage('x', build)": (
        'stage() takes only "name" by position. Name all others, as in build=…. [positional-argument]'
    ),
    # a bare string, or a single object, where a list is meant
    "Variant('abc', entrypoint='npm test')": (
        "Variant(entrypoint): must be a list, not the string 'npm test'."
        ' Write ["npm", "test"]. [wrong-type]'
    ),
    "ci.stage('x', run='sh -c \"a b\"')": (
        "stage(run): must be True or False, a list or a Run, not the string 'sh -c \"a b\"'."
        ' Write ["sh", "-c", "a b"]. [wrong-type]'
    ),
    "Run(command='say \"a')": (
        'Run(command): must be a list, not the string \'say "a\'. Write ["say", "\\"a"]. [wrong-type]'
    ),
    "Apt(packages='git')": (
        "Apt(packages): must be a list or a mapping, not the string 'git'. Write [\"git\"]. [wrong-type]"
    ),
    "Apt(packages={'sid': 'git'})": (
        "Apt(packages['sid']): must be a list, not the string 'git'. Write [\"git\"]. [wrong-type]"
    ),
    "ci.stage('x', after=stage)": (
        "stage(after): must be a list, not Stage('compile'). Put it into a list, in brackets. [wrong-type]"
    ),
    # by name
    "Variant('abc', includes=['build'])": (
        "Variant(includes[0]): must be a Variant, not the string 'build'."
        " Refer to it by the object, not by its name. [wrong-type]"
    ),
    "Variant('abc', includes='build')": (
        "Variant(includes): must be a list, not the string 'build'."
        " Refer to it by the object, not by its name. [wrong-type]"
    ),
    "Variant('abc', copies=['local', 'build'])": (
        "Variant(copies[1]): must be \"local\", a Variant, an Image or a Copy, not the string 'build'."
        " Refer to it by the object, not by its name. [invalid-value]"
    ),
    "Copy('build')": (
        "Copy(origin): must be \"local\", a Variant or an Image, not the string 'build'."
        " Refer to it by the object, not by its name. [invalid-value]"
    ),
    "ci.stage('x', build='build')": (
        "stage(build): must be a Variant or a Build, not the string 'build'."
        " Refer to it by the object, not by its name. [wrong-type]"
    ),
    "ci.stage('x', after=['compile'])": (
        "stage(after[0]): must be a Stage, not the string 'compile'."
        " Refer to it by the object, not by its name. [wrong-type]"
    ),
    # a wrong type
    "Variant('abc', base=build)": (
        "Variant(base): must be a string or an Image, not Variant('build')."
        " To start from its settings write includes=[…], to take its files copies=[…]. [invalid-value]"
    ),
    "Variant('abc', base=3)": "Variant(base): must be a string or an Image, not 3 (int). [wrong-type]",
    "Variant('abc', apt=['git'])": "Variant(apt): must be an Apt, not a list. [wrong-type]",
    "Variant('abc', apt={'packages': []})": "Variant(apt): must be an Apt, not a mapping. [wrong-type]",
    "Variant('abc', node=Node)": (
        "Variant(node): must be a Node, not the class Node. Write Node(…). [wrong-type]"
    ),
    "Variant('abc', lives=Runs(uid=5))": ("Variant(lives): must be a Lives, not Runs(uid=5). [wrong-type]"),
    "Variant('abc', builders=[{'node': {}}])": (
        "Variant(builders[0]): must be a Node, a Php, a Python or a Builder, not a mapping. [wrong-type]"
    ),
    "Lives(uid='5')": "Lives(uid): must be an integer, not the string '5'. [wrong-type]",
    "Lives(uid=-1)": "Lives(uid): must be 0 or more, not -1 (int). [wrong-type]",
    "Runs(insecurely=1)": "Runs(insecurely): must be True or False, not 1 (int). [wrong-type]",
    "Runs(environment={'AB': 1})": ("Runs(environment['AB']): must be a string, not 1 (int). [wrong-type]"),
    "Cache('a', access='none')": (
        'Cache(access): must be "shared", "locked" or "private", not the string \'none\'. [wrong-type]'
    ),
    "Cache('a' * 100, id=['x' * 100, 'b'])": "Cache(id): must be a string, not a list. [wrong-type]",
    "Node(use_npm_ci='x' * 100)": (
        f"Node(use_npm_ci): must be True or False, not the string '{'x' * 58}…. [wrong-type]"
    ),
    # a wrong value
    "Variant('ab')": (
        'Variant(name): "ab" is not a valid variant name.'
        ' Use at least three letters, digits, "-" or ".", a letter first. [invalid-value]'
    ),
    "ci.stage('setup')": (
        'stage(name): "setup" is not a valid stage name.'
        ' Use letters, digits, "-" or "_"; "setup" and "teardown" are taken by the pipeline itself.'
        " [invalid-value]"
    ),
    "Variant('abc', base='Debian')": (
        'Variant(base): "Debian" is not a valid image reference.'
        " Expected name[:tag][@digest], the name in lower case. [invalid-value]"
    ),
    "Apt(packages=['git', 'foo fighter'])": (
        'Apt(packages[1]): "foo fighter" is not a valid Debian package name.'
        " Expected name, name=version or name/release, one package per item. [invalid-value]"
    ),
    "Lives(user='root')": (
        'Lives(user): "root" is not a valid user name. Files and processes belong to other users.'
        " [invalid-value]"
    ),
    "Lives(directory='/')": ('Lives(directory): "/" is not a valid absolute non-root path. [invalid-value]'),
    "Runs(environment={'A': ''})": (
        "Runs(environment['A']): \"A\" is not a valid environment variable name."
        ' Use at least two letters, digits or "_", no digit first. [invalid-value]'
    ),
    "Poetry(version='1.5.1')": (
        'Poetry(version): "1.5.1" is not a valid Python package version specification.'
        ' Expected comparisons such as "==1.8.3" or ">=1.5,<2", without spaces. [invalid-value]'
    ),
    "Project('')": "Project(name): must not be empty. [invalid-value]",
    "Copy(build, destination='a')": (
        'Copy(source): is required if "destination" is also set. [invalid-value]'
    ),
    "Copy('local', source='../a')": (
        'Copy(source): "../a" is not a relative path inside the build context.'
        ' Files from elsewhere come from a Variant or an Image, not from "local". [invalid-value]'
    ),
    "Node(requirements=['/a'])": (
        'Node(requirements[0]): "/a" is not a relative path inside the build context.'
        ' Files from elsewhere come from a Variant or an Image, not from "local". [invalid-value]'
    ),
    "Variant('abc', copies=[build, Copy(build)])": (
        "Variant(copies): cannot contain duplicates: Copy(Variant('build')) is there twice. [invalid-value]"
    ),
    "Builder(command='a', script='b')": (
        'Builder(command): is not allowed if "script" is also set. [invalid-value]'
    ),
    "Variant('abc', builders=[Node(), Node()])": (
        "Variant(builders): cannot contain more than one Node(…). [invalid-value]"
    ),
    "Variant('abc', builders=[Php()], node=Node(env='a'), python=Python(version='a'))": (
        'Variant(builders): is not allowed beside "node" and "python".'
        " Move everything into builders=[…], in order. [invalid-value]"
    ),
    "ci.stage('x').image_id": (
        'stage "x" has no build step that "imageID" could come from. [unbound-reference]'
    ),
    "stage.output": ('stage "compile" has no run step that "output" could come from. [unbound-reference]'),
}


@pytest.mark.parametrize("expression", MESSAGES)
def test_a_mistake_is_named_with_its_way_out(refusal: Callable[[str], list[str]], expression: str) -> None:
    assert [MESSAGES[expression]] == refusal(expression)


def test_all_that_is_wrong_with_a_call_is_told_at_once(refusal: Callable[[str], list[str]]) -> None:
    told = refusal("Variant('x', bse='debian', entrypoint=[1, 'a', None], lives=Lives(), runs=3)")
    assert [line.split(": ")[0] for line in told] == [
        "Variant(name)",
        "Variant(runs)",
        "Variant(entrypoint[0])",
        "Variant(entrypoint[2])",
        'Variant() has no argument "bse". Did you mean "base"? [unknown-argument]',
    ]
