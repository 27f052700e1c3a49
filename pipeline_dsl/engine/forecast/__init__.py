"""Works out what a run would do with each step, and why, without doing any of it."""

from pipeline_dsl.engine.forecast.document import Forecast, StageForecast, StepForecast
from pipeline_dsl.engine.forecast.eyes import QuickEyes, UsualEyes
from pipeline_dsl.engine.forecast.forecast import forecast
from pipeline_dsl.engine.forecast.sight import Sight

__all__ = ["Forecast", "QuickEyes", "Sight", "StageForecast", "StepForecast", "UsualEyes", "forecast"]
