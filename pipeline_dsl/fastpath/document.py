"""What a run does, in a plain form: made by the usual path, read by the fast one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pipeline_dsl.cache.key import Json


class BuildPlan(TypedDict):
    """An image to be built."""

    subject: str
    """Whose it is: project and variant."""

    tags: list[str]
    """References that it gets."""

    ingredients: dict[str, Json]
    """What its key holds that does not depend on files, base images and the platform."""

    bases: list[str]
    """The images that it starts and copies from."""

    directory: str
    """The build context, from the project's root."""

    selections: list[tuple[list[str], list[str], str]]
    """What it takes of that: sources, exclude, prefix."""

    excludes: list[str]
    """Patterns that stand instead of ``.dockerignore``."""


class RunPlan(TypedDict):
    """A container to be run."""

    subject: str
    """Whose it is: project, pipeline and stage."""

    components: dict[str, Json]
    """What its key holds beside the image."""


class StepPlan(TypedDict):
    """A step of a stage."""

    kind: str
    """``build``, ``run`` or ``copy``."""

    label: str
    """Its kind and title."""

    build: int | None
    """Number of the image that it builds, or runs a container of."""

    run: RunPlan | None
    """The container that it runs."""


class StagePlan(TypedDict):
    """A stage."""

    name: str
    """Its name as it is shown."""

    steps: list[StepPlan]
    """Its steps, in order."""


class Document(TypedDict):
    """What a run does."""

    root: str
    """The project's root directory, from where the command is given."""

    platform: str
    """What images are to run on; the engine's own platform if empty."""

    warnings: list[str]
    """What is said before anything is done."""

    builds: list[BuildPlan]
    """The images."""

    stages: list[StagePlan]
    """The stages, in an order in which they could run one by one."""
