"""Reads and writes ``blubber.yaml``."""

from pipeline_dsl.formats.blubber.read import Reading, read
from pipeline_dsl.formats.blubber.write import Written, write

__all__ = ["Reading", "Written", "read", "write"]
