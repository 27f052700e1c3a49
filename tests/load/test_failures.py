"""What an author is told when the pipeline file cannot be evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pipeline_dsl

if TYPE_CHECKING:
    from tests.load.conftest import Author


TOLD = {
    "from pipeline_dsl import Variant\nx = Variant('abc'\ny = 3\n": (
        ".pipeline/pipeline.py:2: '(' was never closed. [syntax-error]\n"
        "    x = Variant('abc'\n"
        "               ^"
    ),
    "if True:\nx = 1\n": (
        ".pipeline/pipeline.py:2: expected an indented block after 'if' statement on line 1. [syntax-error]\n"
        "    x = 1\n"
        "    ^"
    ),
    "x = 1\0": ".pipeline/pipeline.py:1: source code string cannot contain null bytes. [syntax-error]",
    "\ndef half(n):\n    return n / 0\n\nhalf(\n    2\n)\n": (
        ".pipeline/pipeline.py:3: ZeroDivisionError: division by zero. [evaluation-failed]\n"
        "    .pipeline/pipeline.py:5: half(\n"
        "    .pipeline/pipeline.py:3: return n / 0"
    ),
    "raise KeyError\n": (
        ".pipeline/pipeline.py:1: KeyError. [evaluation-failed]\n    .pipeline/pipeline.py:1: raise KeyError"
    ),
    "import sys\nsys.exit(0)\n": (
        ".pipeline/pipeline.py:2: The file ends the program. Leave out exit(): the tool that evaluates it"
        " decides what comes next. [evaluation-failed]\n"
        "    .pipeline/pipeline.py:2: sys.exit(0)"
    ),
    "x = Variant('abc')\n": (
        ".pipeline/pipeline.py:1: NameError: name 'Variant' is not defined."
        " Write at the top: from pipeline_dsl import Variant [evaluation-failed]\n"
        "    .pipeline/pipeline.py:1: x = Variant('abc')"
    ),
    "def f(build):\n    return biuld\nf(1)\n": (
        ".pipeline/pipeline.py:2: NameError: name 'biuld' is not defined. Did you mean \"build\"?"
        " [evaluation-failed]\n"
        "    .pipeline/pipeline.py:3: f(1)\n"
        "    .pipeline/pipeline.py:2: return biuld"
    ),
    "from pipeline_dsl import *\nPipeline('ci').stage('x').imageid\n": (
        ".pipeline/pipeline.py:2: AttributeError: 'Stage' object has no attribute 'imageid'."
        ' Did you mean "image_id"? [evaluation-failed]\n'
        "    .pipeline/pipeline.py:2: Pipeline('ci').stage('x').imageid"
    ),
    "from pipeline_dsl import *\nx = Variant('abc')\nx.base = 'debian'\n": (
        ".pipeline/pipeline.py:3: FrozenInstanceError: cannot assign to field 'base'."
        " Make a changed copy of the object with dataclasses.replace(…). [evaluation-failed]\n"
        "    .pipeline/pipeline.py:3: x.base = 'debian'"
    ),
    "import helpr\n": (
        ".pipeline/pipeline.py:1: ModuleNotFoundError: No module named 'helpr'."
        ' Did you mean "helper"? [evaluation-failed]\n'
        "    .pipeline/pipeline.py:1: import helpr"
    ),
    "import xyzzy_qwerty\n": (
        ".pipeline/pipeline.py:1: ModuleNotFoundError: No module named 'xyzzy_qwerty'."
        " Install it, or put xyzzy_qwerty.py beside the pipeline file. [evaluation-failed]\n"
        "    .pipeline/pipeline.py:1: import xyzzy_qwerty"
    ),
    "x = 1\n": (
        ".pipeline/pipeline.py:1: The file defines no variant and no pipeline. Start with:"
        ' test = Variant("test", base="debian:bookworm-slim", copies=["local"]) [nothing-defined]'
    ),
    "": (
        ".pipeline/pipeline.py:1: The file defines no variant and no pipeline. Start with:"
        ' test = Variant("test", base="debian:bookworm-slim", copies=["local"]) [nothing-defined]'
    ),
    "from pipeline_dsl import *\nProject('a')\nProject('b')\nProject('c')\n": (
        ".pipeline/pipeline.py:3: Project(…) is made a second time, first at .pipeline/pipeline.py:2."
        " A file describes one project. [second-project]\n"
        ".pipeline/pipeline.py:4: Project(…) is made a second time, first at .pipeline/pipeline.py:2."
        " A file describes one project. [second-project]"
    ),
    "from pipeline_dsl import *\nci = Pipeline('ci')\nci.stage('test', bild=Variant('abc'))\n": (
        '.pipeline/pipeline.py:3: stage() has no argument "bild". Did you mean "build"? [unknown-argument]'
    ),
}


@pytest.mark.parametrize("source", TOLD)
def test_the_author_is_told_what_where_and_what_to_do(author: Author, source: str) -> None:
    author.write("", "helper.py")
    author.write(source)
    assert author.told() == TOLD[source]


def test_a_misspelt_import_is_answered_with_the_name_that_is_near(author: Author) -> None:
    author.write("from pipeline_dsl import Varient\n")
    assert 'Did you mean "Variant"?' in author.told()


def test_a_mistake_in_a_helper_is_shown_there_with_the_way_that_led_to_it(author: Author) -> None:
    author.write("def fail():\n    raise ValueError('no luck')\n", "helper.py")
    author.write("import helper\n\nhelper.fail()\n")
    assert author.told() == (
        ".pipeline/helper.py:2: ValueError: no luck. [evaluation-failed]\n"
        "    .pipeline/pipeline.py:3: helper.fail()\n"
        "    .pipeline/helper.py:2: raise ValueError('no luck')"
    )


def test_a_syntax_error_in_a_helper_is_shown_there(author: Author) -> None:
    author.write("def f(:\n", "helper.py")
    author.write("import helper\n")
    assert author.told().startswith(".pipeline/helper.py:1: invalid syntax. [syntax-error]\n    def f(:\n")


def test_all_mistakes_of_a_file_and_its_helpers_are_told_at_once(author: Author) -> None:
    author.write("from pipeline_dsl import Variant\nbase = Variant('x')\n", "helper.py")
    author.write("""\
        from pipeline_dsl import *
        from helper import base

        test = Variant("test", includes=[base], entrypoint="npm test")
        ci = Pipeline("ci")
        ci.stage("test", bild=test)
        ci.stage("test", build=test)
        ci.stage("test", build=test).output
        test.nonsense
        """)
    problems = [line for line in author.told().splitlines() if not line.startswith(" ")]
    assert [line.split(": ")[0] + " " + line.split("[")[-1] for line in problems] == [
        ".pipeline/helper.py:2 invalid-value]",
        ".pipeline/pipeline.py:4 wrong-type]",
        ".pipeline/pipeline.py:6 unknown-argument]",
        ".pipeline/pipeline.py:8 unbound-reference]",
        ".pipeline/pipeline.py:9 evaluation-failed]",
    ]


def test_duplicates_are_told_beside_other_mistakes(author: Author) -> None:
    author.write("""\
        from pipeline_dsl import *
        Variant("abc")
        Variant("abc", copies=["build"])
        Variant("abc")
        """)
    assert [line.split("[")[-1] for line in author.told().splitlines()] == [
        "invalid-value]",
        "duplicate-name]",
    ]


def test_a_file_that_imports_what_it_has_not_defined_yet_is_told_so(author: Author) -> None:
    author.write("from pipeline import later\nlater = 1\n")
    assert author.told().startswith(".pipeline/pipeline.py:1: ImportError: cannot import name 'later'")
    assert "The two import each other" in author.told()


def test_two_modules_that_import_each_other_are_named_with_the_way_out(author: Author) -> None:
    author.write("from two import y\nx = 1\n", "one.py")
    author.write("from one import x\ny = 1\n", "two.py")
    author.write("import one\n")
    first, *trail = author.told().splitlines()
    assert first.startswith(".pipeline/two.py:1: ImportError: cannot import name 'x'")
    assert "The two import each other; move what both need into a third module. [evaluation-failed]" in first
    assert trail == [
        "    .pipeline/pipeline.py:1: import one",
        "    .pipeline/one.py:1: from two import y",
        "    .pipeline/two.py:1: from one import x",
    ]


def test_a_file_that_evaluates_itself_ends_with_its_own_line(author: Author) -> None:
    author.write("""\
        from pathlib import Path
        from pipeline_dsl.load import load, locate
        load(locate(Path(__file__)))
        """)
    assert author.told().startswith(".pipeline/pipeline.py:3: RecursionError: ")
    assert "Does the file evaluate or import itself?" in author.told()


def test_of_an_endless_recursion_only_the_innermost_calls_are_shown(author: Author) -> None:
    author.write("def again(n):\n    return again(n + 1)\nagain(0)\n")
    first, *trail = author.told().splitlines()
    assert first.startswith(".pipeline/pipeline.py:2: RecursionError: ")
    assert trail == ["    .pipeline/pipeline.py:2: return again(n + 1)"] * 6


@pytest.mark.parametrize(
    "source",
    [
        "import json\njson.loads('{')\n",
        "from pathlib import Path\nfrom pipeline_dsl.load import locate\nlocate(Path('/nowhere'))\n",
        "import yaml\nyaml.safe_load('{')\n",
        "from pipeline_dsl.model.document import parse\nparse(3)\n",
    ],
)
def test_no_frame_but_the_authors_own_is_shown(author: Author, source: str) -> None:
    author.write(source)
    told = author.told()
    line = len(source.splitlines())
    assert told.startswith(f".pipeline/pipeline.py:{line}: ")
    assert told.endswith(f"\n    .pipeline/pipeline.py:{line}: {source.splitlines()[-1]}")
    assert str(Path(pipeline_dsl.__file__).parent) not in told


def test_packages_installed_below_the_project_are_not_the_authors(author: Author) -> None:
    packages = author.root / ".venv" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_below.py").write_text("def fail():\n    raise ValueError('no')\n")
    author.write(
        f"import sys\nsys.path.append({str(packages)!r})\nimport installed_below\ninstalled_below.fail()"
    )
    assert author.told() == (
        ".pipeline/pipeline.py:4: ValueError: no. [evaluation-failed]\n"
        "    .pipeline/pipeline.py:4: installed_below.fail()"
    )


def test_an_interruption_by_the_user_is_no_mistake_of_the_file(author: Author) -> None:
    author.write("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        author.load()


def test_the_exception_itself_is_kept_as_the_cause(author: Author) -> None:
    author.write("1 / 0\n")
    with pytest.raises(pipeline_dsl.DefinitionError) as refused:
        author.load()
    assert isinstance(refused.value.__cause__, ZeroDivisionError)
