"""The public names: each documented, each seen alike by static tools and at run time, none heavy."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline_dsl
from pipeline_dsl import model
from pipeline_dsl.model.definition import Definition

CLASSES = [name for name in pipeline_dsl.__all__ if name != "setup"]
MODEL = sorted(Path(model.__path__[0]).glob("*.py"))


def classes() -> list[ast.ClassDef]:
    trees = [ast.parse(file.read_text()) for file in MODEL]
    return [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]


def undocumented(cls: ast.ClassDef) -> list[str]:
    """Gives the fields of a class that no string stands below."""
    followers = zip(cls.body, [*cls.body[1:], None], strict=True)
    return [
        f"{cls.name}.{node.target.id}"
        for node, follower in followers
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if not (isinstance(follower, ast.Expr) and isinstance(follower.value, ast.Constant))
    ]


def test_every_field_of_a_definition_is_documented_below_it() -> None:
    decorated = [cls for cls in classes() if "definition" in map(ast.unparse, cls.decorator_list)]
    assert {cls.__name__ for cls in Definition.__subclasses__()} <= {cls.name for cls in decorated}
    assert [field for cls in decorated for field in undocumented(cls)] == []


def test_every_public_class_and_its_methods_are_documented() -> None:
    things = [getattr(pipeline_dsl, name) for name in CLASSES]
    members = [
        member
        for thing in things
        for name, member in vars(thing).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
    ]
    documented = [vars(thing)["__doc__"] for thing in things] + [member.__doc__ for member in members]
    assert all(documented)


def test_static_tools_see_the_names_that_there_are_at_run_time() -> None:
    tree = ast.parse(Path(pipeline_dsl.__file__).read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("pipeline_dsl.model", "pipeline_dsl.errors")
        for alias in node.names
    }
    assert sorted(imported) == pipeline_dsl.__all__


def test_the_whole_model_is_public() -> None:
    errors = {name for name in pipeline_dsl.__all__ if name.endswith("Error")}
    assert sorted(model.__all__) == sorted(set(pipeline_dsl.__all__) - errors)


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(pipeline_dsl, name).__name__ == name
    assert name in dir(pipeline_dsl)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'pipeline_dsl' has no attribute 'Varient'"):
        _ = getattr(pipeline_dsl, "Varient")  # noqa: B009 -- a type checker would refuse the plain form


@pytest.mark.parametrize("statement", ["import pipeline_dsl", "from pipeline_dsl import Variant"])
def test_the_import_loads_nothing_heavy(statement: str) -> None:
    heavy = ("docker", "google.protobuf", "requests", "rich", "yaml", "_yaml")
    program = f"{statement}\nimport sys\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_bare_import_does_not_even_load_pydantic() -> None:
    program = "import pipeline_dsl, sys\nprint('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", sorted({*model.__all__} - {"Ref", "setup"}))
def test_the_signature_tells_all_arguments(name: str) -> None:
    cls = getattr(pipeline_dsl, name)
    parameters = inspect.signature(cls).parameters
    assert list(parameters) == [field.name for field in vars(cls)["__dataclass_fields__"].values()]
