"""Reads and writes ``blubber.yaml``."""

from pipeline_dsl.formats.blubber.header import remarks
from pipeline_dsl.formats.blubber.placement import Placement
from pipeline_dsl.formats.blubber.read import parse, read, read_document
from pipeline_dsl.formats.blubber.write import Written, write
from pipeline_dsl.formats.reading import Reading

__all__ = ["Placement", "Reading", "Written", "parse", "read", "read_document", "remarks", "write"]
