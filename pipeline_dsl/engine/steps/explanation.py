"""Why an image is not cached: for who is about to build it, and for who foretells that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_dsl.plan.reasons import gone, image_reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_dsl.cache.key import Key
    from pipeline_dsl.cache.record import Record
    from pipeline_dsl.context.manifest import Manifest
    from pipeline_dsl.engine.memory import Memory
    from pipeline_dsl.plan import PlannedBuild
    from pipeline_dsl.plan.reasons import Reason


def image_subject(project: str, planned: PlannedBuild) -> str:
    """Give what an image is remembered by, beside its key."""
    return f"{project}/{planned.variant}"


def image_explanation(
    memory: Memory,
    last: Record | None,
    key: Key,
    bases: Sequence[str],
    manifest: Callable[[], Manifest | None],
) -> tuple[Reason, ...]:
    """Say why an image is not cached.

    Arguments:
        memory: what earlier runs have left.
        last: what was last built of the same subject.
        key: what it depends on.
        bases: what the images that it starts from are called.
        manifest: gives the files that it is made of; None where that cannot be told.
    """
    if last and last.key == key.digest:
        return (gone("the engine"),)
    is_needed = last is not None and last.components.get("files") != key.components["files"]
    return image_reasons(
        key.components,
        last,
        bases=bases,
        files=manifest() if is_needed else None,
        last_files=memory.manifest(last) if is_needed else None,
    )
