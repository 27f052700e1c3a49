"""Evaluating a pipeline file: what becomes of it, and that it leaves no trace."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline_dsl.load import load, locate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.load.conftest import Author


def test_the_project_holds_all_that_was_defined_in_order(author: Author) -> None:
    author.write("from pipeline_dsl import Variant\nlint = Variant('lint')\n", "helper.py")
    author.write("""\
        from pipeline_dsl import *
        import helper

        def service(name):
            return Variant(name)

        for name in ("one", "two"):
            service(name)
        Pipeline("ci").stage("lint", build=helper.lint)
        Pipeline("nightly")
        """)
    project = author.load()
    assert [variant.name for variant in project.variants] == ["lint", "one", "two"]
    assert [pipeline.name for pipeline in project.pipelines] == ["ci", "nightly"]
    assert [stage.name for stage in project.pipelines[0].stages] == ["lint"]


def test_without_a_project_in_the_file_it_is_called_as_its_directory(author: Author) -> None:
    author.write("from pipeline_dsl import *\nVariant('abc')\n")
    project = author.load()
    assert (project.name, str(project.at)) == ("demo", ".pipeline/pipeline.py:1")


def test_a_project_in_the_file_gives_its_name_and_shared_settings(author: Author) -> None:
    author.write("from pipeline_dsl import *\nVariant('abc')\nProject('other', base='debian')\n")
    project = author.load()
    assert (project.name, project.base, str(project.at)) == ("other", "debian", ".pipeline/pipeline.py:3")
    assert len(project.variants) == 1


def test_a_file_may_define_a_project_only(author: Author) -> None:
    author.write("from pipeline_dsl import *\nProject('other')\n")
    assert author.load().name == "other"


def test_what_the_file_prints_goes_to_standard_error(
    author: Author, capsys: pytest.CaptureFixture[str]
) -> None:
    author.write("from pipeline_dsl import *\nVariant('abc')\nprint('hello')\n")
    author.load()
    assert capsys.readouterr() == ("", "hello\n")


def test_no_byte_code_is_left_beside_the_file(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    author.write("", "helper.py")
    author.write("import helper\nfrom pipeline_dsl import *\nVariant('abc')\n")
    author.load()
    assert sorted(file.name for file in author.folder.iterdir()) == ["helper.py", "pipeline.py"]
    assert not sys.dont_write_bytecode


def test_a_second_evaluation_sees_what_changed_in_a_helper(author: Author) -> None:
    author.write("from helper import NAME\nfrom pipeline_dsl import *\nVariant(NAME)\n")
    names = []
    for name in ("one", "two"):
        author.write(f"NAME = {name!r}\n", "helper.py")
        names.append(author.load().variants[0].name)
    assert names == ["one", "two"]


def test_modules_and_the_search_path_are_as_before(author: Author) -> None:
    (author.folder / "package" / "inner").mkdir(parents=True)
    author.write("", "package/inner/module.py")
    author.write("", "helper.py")
    author.write("""\
        import helper, package.inner.module
        from pipeline_dsl import *
        Variant("abc")
        """)
    modules, path = dict(sys.modules), list(sys.path)
    author.load()
    assert {name for name in sys.modules if name not in modules} == set()
    assert path == sys.path


def test_a_module_of_the_same_name_from_elsewhere_is_there_again(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = type(sys)("pipeline")
    monkeypatch.setitem(sys.modules, "pipeline", mine)
    author.write("from pipeline_dsl import *\nVariant('abc')\n")
    author.load()
    assert sys.modules["pipeline"] is mine


def test_all_is_as_before_also_after_a_failure(author: Author) -> None:
    author.write("", "helper.py")
    author.write("import helper\n1 / 0\n")
    path = list(sys.path)
    try:
        author.load()
    except Exception:  # noqa: BLE001 -- other tests say which
        assert "helper" not in sys.modules
        assert path == sys.path


def test_a_module_that_imports_the_file_gets_it_and_no_second_copy(author: Author) -> None:
    author.write("""\
        def add():
            from pipeline import build
            build.copies
        """, "helper.py")  # fmt: skip
    author.write("""\
        from pipeline_dsl import *
        build = Variant("build")
        import helper
        helper.add()
        """)
    assert [variant.name for variant in author.load().variants] == ["build"]


def test_two_projects_with_helpers_of_one_name_do_not_mix(author: Author, tmp_path: Path) -> None:
    other = tmp_path / "other" / ".pipeline"
    other.mkdir(parents=True)
    for folder, name in ((author.folder, "one"), (other, "two")):
        (folder / "helper.py").write_text(f"NAME = {name!r}\n")
        (folder / "pipeline.py").write_text(
            "import helper\nfrom pipeline_dsl import *\nVariant(helper.NAME)\n"
        )
    projects = [author.load(), load(locate(other / "pipeline.py"))]
    assert [project.variants[0].name for project in projects] == ["one", "two"]


def test_the_file_knows_its_own_path(author: Author) -> None:
    author.write(
        "from pipeline_dsl import *\nfrom pathlib import Path\nVariant(Path(__file__).parent.parent.name)"
    )
    assert author.load().variants[0].name == "demo"
