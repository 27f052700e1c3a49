"""``python -m pipeline_dsl``."""

from pipeline_dsl.cli.start import entry_point

entry_point()
