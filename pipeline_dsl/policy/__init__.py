"""Policies: rules that a project's owners, or those who run its images, want every variant to keep."""

from pipeline_dsl.policy.declaration import Policy, Violation, policy
from pipeline_dsl.policy.discovery import load_policies
from pipeline_dsl.policy.enforcement import enforce
from pipeline_dsl.resolve import Resolved, ResolvedVariant

__all__ = ["Policy", "Resolved", "ResolvedVariant", "Violation", "enforce", "load_policies", "policy"]
