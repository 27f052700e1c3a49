"""Reading configs: from a ``config.yaml`` and the Blubber files that it names to a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.errors import DefinitionError, Position, Problem, did_you_mean
from pipeline_dsl.formats import yaml
from pipeline_dsl.formats.config.edges import settle_order
from pipeline_dsl.formats.config.gather import Gathered, gathered
from pipeline_dsl.formats.config.pipelines import PipelineReader, outlined
from pipeline_dsl.formats.config.sources import Files, Sources
from pipeline_dsl.formats.config.values import Values
from pipeline_dsl.formats.diagnosis import Diagnosis, check_keys, in_order
from pipeline_dsl.formats.reading import Reading
from pipeline_dsl.formats.yaml import Mapping, describe
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from pipeline_dsl.formats.yaml import Node

_PIPELINES = "pipelines"


def read(text: str, file: str, name: str, files: Files) -> Reading:
    """Read a config and the Blubber files that it names.

    Arguments:
        text: what the config holds.
        file: its name, for positions.
        name: name of the project.
        files: gives the files beside it.

    Raises:
        DefinitionError: something is wrong that PipelineLib would not have run either, or that cannot be said
            in a pipeline file; all that is wrong is named.
    """
    diagnosis = Diagnosis()
    pipelines = _pipelines(yaml.parse(text, file, has_letters=False), file, diagnosis)
    values = Values(diagnosis)
    made = [outlined(entry, diagnosis) for entry in pipelines]
    readers = [PipelineReader(outline, values, diagnosis) for outline in made if outline is not None]
    sources = Sources(files, diagnosis)
    for reader in readers:
        reader.find_sources(sources)
    variants = _gathered(sources, name, diagnosis)
    read_pipelines = [reader.read(variants.variants if variants else {}) for reader in readers]
    if variants is None or diagnosis.errors:
        raise diagnosis.failure()
    project = variants.project
    object.__setattr__(project, _PIPELINES, tuple(one for one in read_pipelines if one is not None))
    for reader, pipeline, resolved in zip(
        readers, project.pipelines, resolve(project).pipelines, strict=True
    ):
        settle_order(pipeline, resolved, reader.waits())
    comments = {file: yaml.comments(text), **sources.comments}
    return Reading(project, in_order(diagnosis.warnings), {**values.entries, **variants.entries}, comments)


def _gathered(sources: Sources, name: str, diagnosis: Diagnosis) -> Gathered | None:
    """Gather the variants; None if something is wrong with them."""
    try:
        return gathered(sources.found, name, diagnosis)
    except DefinitionError as error:
        diagnosis.errors += error.problems
        return None


def _pipelines(document: Node | None, file: str, diagnosis: Diagnosis) -> Mapping:
    if not isinstance(document, Mapping):
        found = describe(document) if document else "nothing"
        at = document.at if document else Position(file, 1, 1)
        raise DefinitionError([Problem("wrong-type", f"a config is a mapping, not {found}.", at)])
    check_keys(document, diagnosis)
    entry = document.entry(_PIPELINES)
    if entry is None:
        near = next((one for one in document if did_you_mean(one.key, [_PIPELINES])), None)
        if near is None:
            message = f"{_PIPELINES}: is required."
            raise DefinitionError([Problem("missing-key", message, document.at)])
        hint = f'Did you mean "{_PIPELINES}"?'
        raise DefinitionError([Problem("unknown-key", f'there is no key "{near.key}" here.', near.at, hint)])
    if not isinstance(entry.value, Mapping) or not entry.value.entries:
        message = f"{_PIPELINES}: must be a mapping of pipelines, not {describe(entry.value)}."
        raise DefinitionError([Problem("wrong-type", message, entry.value.at)])
    return entry.value
