"""What people see of a run: each report consumes the engine's events and prints one form of output."""

from pipeline_dsl.report.live import LiveReport
from pipeline_dsl.report.plain import PlainReport
from pipeline_dsl.report.reporter import Report, reporter

__all__ = ["LiveReport", "PlainReport", "Report", "reporter"]
