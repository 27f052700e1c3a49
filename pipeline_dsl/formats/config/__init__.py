"""Reads and writes PipelineLib's ``config.yaml``."""

from pipeline_dsl.formats.config.detection import is_config
from pipeline_dsl.formats.config.read import read
from pipeline_dsl.formats.config.sources import Files
from pipeline_dsl.formats.config.write import BLUBBER_FILE, Written, write

__all__ = ["BLUBBER_FILE", "Files", "Written", "is_config", "read", "write"]
