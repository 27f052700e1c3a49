"""Turns a resolved variant into a recipe, and recipes into a Dockerfile."""

from pipeline_dsl.image.dockerfile import OWN_DIRECTORY, Dockerfile, dockerfile
from pipeline_dsl.image.recipe import Recipe, recipe
from pipeline_dsl.image.selection import Selection

__all__ = ["OWN_DIRECTORY", "Dockerfile", "Recipe", "Selection", "dockerfile", "recipe"]
