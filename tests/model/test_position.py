"""Every object knows the line of the author's file that made it."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from pipeline_dsl import DefinitionError
from pipeline_dsl.model.evaluation import evaluating

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_dsl.model.definition import Definition


def evaluate(folder: Path, source: str) -> dict[str, Definition]:
    """Runs a file and gives its variables."""
    file = folder / "pipeline.py"
    file.write_text("from pipeline_dsl import *\n" + dedent(source))
    variables: dict[str, Definition] = {}
    with evaluating(folder):
        exec(compile(file.read_text(), file, "exec"), variables)  # noqa: S102 -- the test's own file
    return variables


def test_an_object_stands_on_its_line_relative_to_the_root(tmp_path: Path) -> None:
    made = evaluate(tmp_path, "\n\nx = Variant('abc')\n")["x"]
    assert str(made.at) == "pipeline.py:4"


def test_outside_an_evaluation_the_path_is_whole() -> None:
    with pytest.raises(DefinitionError) as refused:
        compile_and_run("from pipeline_dsl import Variant\nVariant('x')", "/somewhere/pipeline.py")
    assert str(refused.value.problems[0].at) == "/somewhere/pipeline.py:2"


def compile_and_run(source: str, file: str) -> None:
    exec(compile(source, file, "exec"), {})  # noqa: S102 -- the test's own source


def test_a_call_over_several_lines_stands_where_it_starts(tmp_path: Path) -> None:
    made = evaluate(
        tmp_path,
        """\
        x = Variant(
            "abc",
            apt=Apt(
                packages=["git"],
            ),
        )
        """,
    )["x"]
    assert str(made.at) == "pipeline.py:2"
    assert str(getattr(made, "apt").at) == "pipeline.py:4"  # noqa: B009 -- of a Definition


def test_a_stage_stands_where_the_author_calls_for_it(tmp_path: Path) -> None:
    made = evaluate(tmp_path, "ci = Pipeline('ci')\nx = ci.stage(\n  'test')\n")["x"]
    assert str(made.at) == "pipeline.py:3"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("for name in ['abc', 'abd']:\n    x = Variant(name)\n", 3),
        ("x = [Variant(n) for n in ['abc']][0]\n", 2),
        ("def make():\n    return Variant('abc')\nx = make()\n", 3),
        ("class Team:\n    variant = Variant('abc')\nx = Team.variant\n", 3),
        ("x = (lambda: Variant('abc'))()\n", 2),
        ("import functools\nx = functools.partial(Variant, base='a')('abc')\n", 3),
        ("import dataclasses\ny = Variant('abc')\n\nx = dataclasses.replace(y, name='abd')\n", 5),
        ("import contextlib\nwith contextlib.ExitStack() as stack:\n    x = Variant('abc')\n", 4),
    ],
)
def test_loops_functions_and_the_standard_library_lead_back_to_the_author(
    tmp_path: Path, source: str, line: int
) -> None:
    made = evaluate(tmp_path, source)["x"]
    assert str(made.at) == f"pipeline.py:{line}"


def test_an_object_of_a_neighbouring_module_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "neighbour_of_positions.py").write_text(
        "from pipeline_dsl import Variant\nx = Variant('abc')"
    )
    made = evaluate(tmp_path, "from neighbour_of_positions import x\n")["x"]
    del sys.modules["neighbour_of_positions"]
    assert str(made.at) == "neighbour_of_positions.py:2"


def test_what_an_installed_package_makes_stands_where_the_author_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "conventions_of_a_team.py").write_text(
        "from pipeline_dsl import Variant\ndef service(name):\n    return Variant(name)\n"
    )
    monkeypatch.syspath_prepend(packages)
    made = evaluate(tmp_path, "from conventions_of_a_team import service\n\nx = service('abc')\n")["x"]
    del sys.modules["conventions_of_a_team"]
    assert str(made.at) == "pipeline.py:4"


def test_a_missing_step_is_reported_where_it_is_referred_to(tmp_path: Path) -> None:
    with evaluating(tmp_path) as evaluation:
        file = tmp_path / "pipeline.py"
        source = "from pipeline_dsl import *\ns = Pipeline('ci').stage('x')\n\ns.image_id\n"
        exec(compile(source, file, "exec"), {})  # noqa: S102 -- the test's own source
    assert [str(problem.at) for problem in evaluation.problems] == ["pipeline.py:4"]
