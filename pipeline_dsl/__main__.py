"""``python -m pipeline_dsl``."""

from pipeline_dsl.cli.main import entry_point

entry_point()
