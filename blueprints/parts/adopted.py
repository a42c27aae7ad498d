"""What cannot be asked of a layer that was there before: its policies and rules are its owner's business."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.blueprints.parts import promotion
from mlops_iac.blueprints.parts.audit_options import asked as audit
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.studio_options import Studio, StudioAdopt, StudioOptions
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem


def check_adopted(stack: StackConfig, options: FoundationOptions) -> None:
    """Raise ConfigError, at its line, for each option that would change a layer which is adopted."""
    if problems := [*_problems(stack, options)]:
        raise ConfigError.of(problems)


def _problems(stack: StackConfig, options: FoundationOptions) -> Iterator[Problem]:
    yield from _of_a_domain(stack, options)
    adopt, gives = options.adopt, bool(promotion.asked(options).receivers)
    asked = (
        (adopt.data_lake, bool(options.tables), "tables", "the catalogue of an adopted bucket"),
        (adopt.data_lake, options.retention_days is not None, "retention_days", "the lifecycle of an adopted bucket"),
        (adopt.data_lake, gives, "promotion.to", "the policy of an adopted bucket"),
        (adopt.encryption, gives, "promotion.to", "the policy of an adopted key"),
        (adopt.encryption, audit(options).keys == "per-layer", "keys", "what an adopted key is for"),
        (adopt.encryption, _encrypts_trail(options), "trail", "the policy of an adopted key"),
        (adopt.data_lake, audit(options).retention is not None, "retention", "the Object Lock of an adopted bucket"),
    )
    for adopted, wanted, option, what in asked:
        if adopted and wanted:
            detail = f"`{option}` would change {what}, which is its owner's."
            hint = f"leave out `{option}`, or let its owner do that and the environment have a layer of its own."
            yield stack.problem(f"options.{option}", "An adopted layer is not changed.", detail, hint)


def _encrypts_trail(options: FoundationOptions) -> bool:
    """What nobody wrote is no wish: a trail without the team's word for it."""
    return audit(options).trail.enabled and "trail" in options.model_fields_set


def _of_a_domain(stack: StackConfig, options: FoundationOptions) -> Iterator[Problem]:
    """Of an adopted domain nothing is changed: what is its owner's is said as the domain is made."""
    if not isinstance(options, StudioOptions) or not isinstance(options.adopt, StudioAdopt) or not options.adopt.domain:
        return
    for option in ("git", "idle_minutes", "disk_gib", "most_disk_gib"):
        if getattr(options.studio, option) != Studio.model_fields[option].default:
            detail = f"`studio.{option}` would change a domain that is adopted, which is its owner's."
            hint = f"leave out `{option}`, or let its owner do that."
            yield stack.problem(f"options.studio.{option}", "An adopted layer is not changed.", detail, hint)
