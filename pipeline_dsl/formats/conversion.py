"""Converting between Blubber files and pipeline files, each time with a proof that nothing changed."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.formats import blubber, python
from pipeline_dsl.formats.proof import prove
from pipeline_dsl.formats.yaml import comments
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.model import Project


@dataclasses.dataclass(frozen=True)
class Converted:
    """A file that was converted.

    Arguments:
        text: what the new file holds.
        warnings: what the old one says and does not do, or what the new one cannot say.
    """

    text: str
    warnings: tuple[Problem, ...]


def to_pipeline(text: str, file: str, name: str) -> Converted:
    """Convert a Blubber file to a pipeline file.

    Arguments:
        text: what the Blubber file holds.
        file: its name, for positions.
        name: name of the project.

    Raises:
        DefinitionError: the file is wrong, or the conversion would change something.
    """
    reading = blubber.read(text, file, name)
    original = resolve(reading.project)
    written = python.write(reading.project, reading.entries, comments(text))
    prove(original, resolve(_evaluate(written)))
    return Converted(written, reading.warnings)


def check_pipeline(text: str, file: str, project: Project) -> tuple[Problem, ...]:
    """Make sure that a pipeline file means what a Blubber file means; give the latter's warnings.

    Arguments:
        text: what the Blubber file holds.
        file: its name, for positions.
        project: what the pipeline file defines.

    Raises:
        DefinitionError: the Blubber file is wrong, or they differ.
    """
    reading = blubber.read(text, file, project.name)
    hint = "Change one of the files, or import the Blubber file anew."
    prove(resolve(reading.project), resolve(project), hint)
    return reading.warnings


def to_blubber(project: Project, *, lossy: bool) -> Converted:
    """Convert the variants of a project to a Blubber file.

    Arguments:
        project: the project.
        lossy: whether what Blubber cannot say is left out instead of being an error.

    Raises:
        DefinitionError: the project holds what Blubber cannot say, or the conversion would change something.
    """
    original = resolve(project)
    written = blubber.write(project, lossy=lossy)
    back = blubber.read(written.text, "blubber.yaml", project.name)
    if not written.losses:
        prove(original, resolve(back.project))
    return Converted(written.text, (*written.losses, *back.warnings))


def _evaluate(text: str) -> Project:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "pipeline.py")
        file.write_text(text, "utf-8")
        try:
            return load(locate(file))
        except DefinitionError as error:
            message = "the file that was written cannot be evaluated: this is a defect, please report it."
            raise DefinitionError([Problem("not-equivalent", message), *error.problems]) from error
