"""Rules that environments keep: what they are, what they find, and who may let something pass.

from mlops_iac.policy import Settings, check, resources_of

findings = check(resources_of(result.steps), Settings(profile="regulated"), result.outputs)
"""

from __future__ import annotations

from mlops_iac.core.errors import PolicyError
from mlops_iac.core.severity import Severity
from mlops_iac.policy.checking import check, report
from mlops_iac.policy.finding import Finding, Report
from mlops_iac.policy.policy import Example, Policy, Violation
from mlops_iac.policy.resource import Resource, World, resources_of, resources_of_state
from mlops_iac.policy.settings import Off, Settings, Waiver

__all__ = [
    "Example",
    "Finding",
    "Off",
    "Policy",
    "PolicyError",
    "Report",
    "Resource",
    "Settings",
    "Severity",
    "Violation",
    "Waiver",
    "World",
    "check",
    "report",
    "resources_of",
    "resources_of_state",
]
