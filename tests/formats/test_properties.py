"""What holds for every project that the model accepts."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline_dsl.errors import DefinitionError
from pipeline_dsl.formats import blubber, python
from pipeline_dsl.formats.conversion import to_blubber
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import Resolved, resolve
from tests.formats.strategies import projects

if TYPE_CHECKING:
    from pipeline_dsl.errors import Problem
    from pipeline_dsl.model import Project

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def resolved(project: Project) -> Resolved | None:
    """None where settings contradict one another by inheritance."""
    try:
        return resolve(project)
    except DefinitionError:
        return None


@SLOW
@given(projects())
def test_a_project_survives_export_and_import_or_export_names_what_is_lost(project: Project) -> None:
    """`to_blubber` reads what it has written, and proves it."""
    original = resolved(project)
    if original is None:
        return
    problems: tuple[Problem, ...] = ()
    try:
        exported = to_blubber(project, lossy=False)
    except DefinitionError as refused:
        problems = refused.problems
    else:
        prove(original, resolve(blubber.read(exported.text, "blubber.yaml", project.name).project))
    assert all(problem.code == "not-in-blubber" and problem.at for problem in problems)


@SLOW
@given(projects())
def test_what_is_lost_is_named_in_the_file_and_the_rest_can_be_read(project: Project) -> None:
    """One comment for each loss."""
    if resolved(project) is None:
        return
    exported = to_blubber(project, lossy=True)
    losses = [problem for problem in exported.warnings if problem.code == "not-in-blubber"]
    assert len(losses) == exported.text.count("\n# Lost: ")


@SLOW
@given(projects())
def test_a_project_survives_being_written_as_python(project: Project) -> None:
    """What is written is evaluated, and every variant and its recipe compared."""
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
