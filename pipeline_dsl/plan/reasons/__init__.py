"""Says why something is not cached: what is not as it was the last time that it passed."""

from pipeline_dsl.plan.reasons.image import image_reasons
from pipeline_dsl.plan.reasons.publish import publish_reasons
from pipeline_dsl.plan.reasons.reason import Reason, gone, summary
from pipeline_dsl.plan.reasons.run import run_reasons

__all__ = ["Reason", "gone", "image_reasons", "publish_reasons", "run_reasons", "summary"]
