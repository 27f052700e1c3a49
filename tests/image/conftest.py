"""What the tests of this folder share: variants on their way to Dockerfiles, and a real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline_dsl.image import Dockerfile, Recipe, dockerfile, recipe
from pipeline_dsl.model import Project
from pipeline_dsl.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_dsl.model import Variant


def _recipe(variant: Variant) -> Recipe:
    variants = resolve(Project("p", variants=[variant])).variants
    return recipe(variants[variant.name], variants)


def _dockerfile(variant: Variant) -> Dockerfile:
    resolved = resolve(Project("p", variants=[variant]))
    return dockerfile(resolved.closure(variant.name), {"name": variant.name})


@pytest.fixture(scope="session")
def recipe_of() -> Callable[[Variant], Recipe]:
    """Gives the recipe of a variant."""
    return _recipe


@pytest.fixture(scope="session")
def dockerfile_of() -> Callable[[Variant], Dockerfile]:
    """Gives the Dockerfile of a variant, with a label that holds its name."""
    return _dockerfile
