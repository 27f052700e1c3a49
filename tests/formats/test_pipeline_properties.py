"""What holds for every pipeline that the model accepts."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import config, python
from pipeline_dsl.formats.conversion import to_config_and_blubber
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import Resolved, resolve
from tests.formats.configs import Files
from tests.formats.pipelines import projects

if TYPE_CHECKING:
    from pipeline_dsl.errors import Problem
    from pipeline_dsl.model import Project

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def resolved(project: Project) -> Resolved | None:
    """None where something is wrong with it, such as a string that is nearly an expression."""
    try:
        return resolve(project)
    except DefinitionError:
        return None


@SLOW
@given(projects())
def test_pipelines_survive_export_and_import_or_export_names_what_is_lost(project: Project) -> None:
    """`to_config_and_blubber` reads what it has written, and proves it."""
    original = resolved(project)
    if original is None:
        return
    problems: tuple[Problem, ...] = ()
    try:
        exported, variants = to_config_and_blubber(project, lossy=False)
    except DefinitionError as refused:
        problems = refused.problems
    else:
        files = Files({"blubber.yaml": variants.text})
        prove(original, resolve(config.read(exported.text, "config.yaml", project.name, files).project))
    assert all(problem.code == "not-in-config" and problem.at for problem in problems), problems


@SLOW
@given(projects())
def test_what_is_lost_is_named_in_the_file_and_the_rest_is_yaml(project: Project) -> None:
    """One comment for each loss."""
    if resolved(project) is None:
        return
    exported, _ = to_config_and_blubber(project, lossy=True)
    assert len(exported.warnings) == exported.text.count("# Lost: ")


@SLOW
@given(projects())
def test_pipelines_survive_being_written_as_python(project: Project) -> None:
    """What is written is evaluated, and every pipeline and stage compared."""
    original = resolved(project)
    if original is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pipeline.py")
        file.write_text(python.write(project), "utf-8")
        prove(original, resolve(load(locate(file))))


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(projects(), min_size=25, max_size=25))
def test_ruff_has_nothing_to_format(written: list[Project]) -> None:
    """At its default settings."""
    with tempfile.TemporaryDirectory() as folder:
        for number, project in enumerate(written):
            Path(folder, f"p{number}.py").write_text(python.write(project), "utf-8")
        ended = subprocess.run(
            ["ruff", "format", "--isolated", "--diff", folder], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 0, ended.stdout
