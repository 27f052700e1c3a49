"""Converting between foreign files and pipeline files, each time with a proof that nothing changed."""

from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Problem
from pipeline_dsl.formats import blubber, config, python
from pipeline_dsl.formats.proof import prove, prove_variants
from pipeline_dsl.load import load, locate
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.formats.config import Files
    from pipeline_dsl.formats.reading import Reading
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
    return _to_pipeline(blubber.read(text, file, name))


def config_to_pipeline(text: str, file: str, name: str, files: Files) -> Converted:
    """Convert a config, and the Blubber files that it names, to a pipeline file.

    Arguments:
        text: what the config holds.
        file: its name, for positions.
        name: name of the project.
        files: gives the files beside it.

    Raises:
        DefinitionError: a file is wrong, or the conversion would change something.
    """
    return _to_pipeline(config.read(text, file, name, files))


def check_pipeline(text: str, file: str, project: Project) -> tuple[Problem, ...]:
    """Make sure that a pipeline file's variants mean what a Blubber file means; give the latter's warnings.

    Arguments:
        text: what the Blubber file holds.
        file: its name, for positions.
        project: what the pipeline file defines.

    Raises:
        DefinitionError: the Blubber file is wrong, or they differ.
    """
    reading = blubber.read(text, file, project.name)
    hint = "Change one of the files, or import the Blubber file anew."
    prove_variants(resolve(reading.project), resolve(project), hint)
    return reading.warnings


def check_config(text: str, file: str, project: Project, files: Files) -> tuple[Problem, ...]:
    """Make sure that a pipeline file means what a config and its Blubber files mean; give their warnings.

    Arguments:
        text: what the config holds.
        file: its name, for positions.
        project: what the pipeline file defines.
        files: gives the files beside the config.

    Raises:
        DefinitionError: one of the files is wrong, or they differ.
    """
    reading = config.read(text, file, project.name, files)
    hint = "Change one of the files, or import the config anew."
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
        prove_variants(original, resolve(back.project))
    return Converted(written.text, (*written.losses, *back.warnings))


def to_config(project: Project, *, lossy: bool) -> Converted:
    """Convert the pipelines of a project to a config; its variants are expected in a Blubber file beside it.

    Arguments:
        project: the project.
        lossy: whether what a config cannot say is left out instead of being an error.

    Raises:
        DefinitionError: the project holds what a config cannot say, or the conversion would change something.
    """
    converted, _ = to_config_and_blubber(project, lossy=lossy, only_config=True)
    return converted


def to_config_and_blubber(
    project: Project, *, lossy: bool, only_config: bool = False
) -> tuple[Converted, Converted]:
    """Convert a project to a config and a Blubber file beside it.

    Arguments:
        project: the project.
        lossy: whether what they cannot say is left out instead of being an error.
        only_config: whether the Blubber file is not wanted, so that what it cannot say does not matter.

    Raises:
        DefinitionError: the project holds what they cannot say, or the conversion would change something.
    """
    original = resolve(project)
    written = config.write(project, lossy=lossy)
    variants = blubber.write(project, lossy=lossy or only_config, without=written.inline)
    if not (written.losses or variants.losses):
        back = config.read(written.text, "config.yaml", project.name, _Only(variants.text))
        prove(original, resolve(back.project))
    return Converted(written.text, written.losses), Converted(variants.text, variants.losses)


class _Only:
    """Gives the Blubber file beside a config that was written.

    Arguments:
        text: what it holds.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def display(self, path: str) -> str:
        return path

    def read(self, path: str) -> str | None:
        return self._text if path == config.BLUBBER_FILE else None


def _to_pipeline(reading: Reading) -> Converted:
    original = resolve(reading.project)
    written = python.write(reading.project, reading.entries, reading.comments)
    prove(original, resolve(_evaluate(written)))
    return Converted(written, reading.warnings)


def _evaluate(text: str) -> Project:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "pipeline.py")
        file.write_text(text, "utf-8")
        try:
            return load(locate(file))
        except DefinitionError as error:
            message = "the file that was written cannot be evaluated: this is a defect, please report it."
            raise DefinitionError([Problem("not-equivalent", message), *error.problems]) from error
