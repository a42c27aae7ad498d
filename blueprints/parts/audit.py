"""What auditors ask for, where a team asks for it: a trail of who did what, and rules by which AWS itself judges."""

from __future__ import annotations

from mlops_iac.blueprints.parts.audit_options import AuditOptions
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.components.config_rules import ConfigRules, ConfigRulesArgs
from mlops_iac.components.recorder import Recorder, RecorderArgs
from mlops_iac.components.trail import Trail, TrailArgs


def make_rules(foundation: Foundation, options: AuditOptions) -> ConfigRules:
    """With a recorder, where the account has none in this region."""
    recorder = make_recorder(foundation) if options.config == "own" else None
    args = ConfigRulesArgs(recorder=recorder.ref if recorder else None)
    return ConfigRules(foundation.site.named("rules"), args)


def make_recorder(foundation: Foundation) -> Recorder:
    """Encrypted as the trail is."""
    key = None if foundation.options.adopt.encryption else foundation.log_key
    return Recorder(foundation.site.named("config"), RecorderArgs(key=key))


def make_trail(foundation: Foundation, options: AuditOptions) -> Trail:
    """Encrypted with the environment's own key for logs; by S3 itself where that key is adopted."""
    asked = options.trail
    args = TrailArgs(
        lakes=[foundation.lake.ref],
        management=asked.management,
        key=None if foundation.options.adopt.encryption else foundation.log_key,
        keep_days=asked.keep_days,
        retention=options.retention.known if options.retention else None,
    )
    return Trail(foundation.site.named("trail"), args)
