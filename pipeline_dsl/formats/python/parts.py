"""Which part of the files that were read belongs to which statement of the file that is written."""

from __future__ import annotations

import bisect
from collections import defaultdict
from typing import TYPE_CHECKING

from pipeline_dsl.model import Pipeline, Stage, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline_dsl.formats.reading import Entries
    from pipeline_dsl.model import Project

HEADER = ""
"""The owner of what stands above the first statement, and of the project's own settings."""


def owner(defined: Variant | Pipeline | Stage, pipeline: Pipeline | None = None) -> str:
    """Name the statement that defines something.

    Arguments:
        defined: what it defines.
        pipeline: the pipeline that a stage belongs to.
    """
    whose = f"{pipeline.name}: " if pipeline else ""
    return f"{type(defined).__name__} {whose}{defined.name}"


def parts(project: Project, variants: Iterable[Variant], entries: Entries) -> Mapping[str, Mapping[int, str]]:
    """Say for each file which line starts a part of which statement.

    Arguments:
        project: the project.
        variants: all its variants, in the order in which they are written.
        entries: where the arguments of definitions come from.
    """
    found: defaultdict[str, dict[int, str]] = defaultdict(lambda: {0: HEADER})
    for pipeline in project.pipelines:
        _add_pipeline(pipeline, entries, found)
    _add_settings(project, HEADER, entries, found)
    all_variants = list(variants)
    settings = entries.get(id(project), {})
    if "variants" in settings and all_variants:
        at = settings["variants"].at
        found[at.file][at.line] = owner(all_variants[0])
    for variant in reversed(all_variants):
        name = entries.get(id(variant), {}).get("name")
        if name and not name.key:  # what was the top level of a file is now a variant
            _add_settings(variant, owner(variant), entries, found)
        else:
            found[variant.at.file][variant.at.line] = owner(variant)
    return found


def _add_settings(
    whose: Project | Variant, name: str, entries: Entries, found: defaultdict[str, dict[int, str]]
) -> None:
    for entry in entries.get(id(whose), {}).values():
        found[entry.at.file][entry.at.line] = name


def _add_pipeline(pipeline: Pipeline, entries: Entries, found: defaultdict[str, dict[int, str]]) -> None:
    """Add a pipeline and its stages, and where they go on after what stands inside them."""
    starts = found[pipeline.at.file]
    starts[pipeline.at.line] = owner(pipeline)
    for stage in pipeline.stages:
        starts[stage.at.line] = owner(stage, pipeline)
    lines = sorted(starts)
    owners = [starts[line] for line in lines]
    for defined in (*pipeline.stages, pipeline):
        name = owner(defined, pipeline if isinstance(defined, Stage) else None)
        for entry in entries.get(id(defined), {}).values():
            around = owners[bisect.bisect_right(lines, entry.at.line) - 1]
            if entry.at.file == pipeline.at.file and (around == name or defined is pipeline):
                starts.setdefault(entry.at.line, name)
