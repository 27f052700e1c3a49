"""Finds and evaluates a pipeline file, and collects what it defines."""

from pipeline_dsl.load.evaluate import load
from pipeline_dsl.load.find import Location, find, locate
from pipeline_dsl.load.inspection import pure_inputs

__all__ = ["Location", "find", "load", "locate", "pure_inputs"]
