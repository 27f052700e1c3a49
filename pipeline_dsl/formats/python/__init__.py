"""Writes ``pipeline.py``."""

from pipeline_dsl.formats.python.write import write

__all__ = ["write"]
