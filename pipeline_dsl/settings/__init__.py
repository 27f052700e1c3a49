"""What the operator of a machine, or of a CI, decides, and a repository cannot."""

from pipeline_dsl.settings.credentials import Provided, provide, refusal
from pipeline_dsl.settings.effective import Effective, EffectiveValue, read
from pipeline_dsl.settings.masking import Mask
from pipeline_dsl.settings.places import setting_files
from pipeline_dsl.settings.schema import Settings
from pipeline_dsl.settings.secret import Secret
from pipeline_dsl.settings.steps import allowed_steps, disallowed
from pipeline_dsl.settings.trigger import unknown_trigger
from pipeline_dsl.settings.urls import address, without_secrets
from pipeline_dsl.settings.variables import ci_variables

__all__ = [
    "Effective",
    "EffectiveValue",
    "Mask",
    "Provided",
    "Secret",
    "Settings",
    "address",
    "allowed_steps",
    "ci_variables",
    "disallowed",
    "provide",
    "read",
    "refusal",
    "setting_files",
    "unknown_trigger",
    "without_secrets",
]
