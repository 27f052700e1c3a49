"""Turns a resolved variant into a recipe, and recipes into a Dockerfile."""

from pipeline_dsl.image.dockerfile import Dockerfile, dockerfile
from pipeline_dsl.image.recipe import Recipe, recipe
from pipeline_dsl.image.selection import OWN_DIRECTORY

__all__ = ["OWN_DIRECTORY", "Dockerfile", "Recipe", "dockerfile", "recipe"]
