"""Which modules are mutated, and the tests that ought to notice. What guards something stands here first."""

from __future__ import annotations

from collections.abc import Mapping

TARGETS: Mapping[str, tuple[str, ...]] = {
    "components/_kit/grants.py": ("tests/components/_kit/test_grants.py", "tests/contracts/test_policies.py"),
    "components/encryption.py": ("tests/components/test_encryption.py",),
    "components/identity.py": ("tests/components/test_identity.py",),
    "mlops_iac/cloud/iam/conditions.py": ("tests/cloud/iam/test_conditions.py",),
    "mlops_iac/cloud/iam/documents.py": ("tests/cloud/iam/test_evaluate.py",),
    "mlops_iac/cloud/iam/evaluate.py": ("tests/cloud/iam/test_evaluate.py",),
    "mlops_iac/cloud/iam/keys.py": ("tests/cloud/iam/test_enforcer.py",),
    "mlops_iac/cloud/iam/matching.py": ("tests/cloud/iam/test_conditions.py", "tests/cloud/iam/test_evaluate.py"),
    "mlops_iac/cloud/iam/passing.py": ("tests/cloud/iam/test_requirements.py",),
    "mlops_iac/cloud/iam/requirements.py": ("tests/cloud/iam/test_requirements.py",),
    "mlops_iac/cloud/athena/types.py": ("tests/cloud/athena/test_types.py",),
    "mlops_iac/cloud/telemetry/evaluation.py": ("tests/cloud/telemetry/test_evaluation.py",),
    "mlops_iac/cloud/database.py": ("tests/cloud/test_shelf.py", "tests/cloud/test_keeping.py"),
    "mlops_iac/cloud/disk.py": ("tests/cloud/test_disk.py",),
    "mlops_iac/cloud/shelf.py": ("tests/cloud/test_shelf.py",),
    "mlops_iac/cloud/wire.py": ("tests/cloud/test_wire.py",),
    "mlops_iac/config/document.py": ("tests/config",),
    "mlops_iac/core/peers.py": ("tests/core/test_peers.py",),
    "mlops_iac/engine/deciding/diff.py": ("tests/engine/test_diff.py",),
    "mlops_iac/engine/deciding/protection.py": ("tests/engine/test_protection.py",),
    "mlops_iac/engine/deciding/rules.py": ("tests/engine/test_rules.py",),
    "mlops_iac/engine/deciding/selection.py": ("tests/engine/test_selection.py", "tests/engine/test_options.py"),
    "mlops_iac/core/strict_json.py": ("tests/core/test_strict_json.py",),
    "mlops_iac/core/urns.py": ("tests/core/test_urns.py",),
    "mlops_iac/engine/life_cycle.py": ("tests/engine/test_life_cycle.py",),
    "mlops_iac/engine/state/files.py": ("tests/engine/test_durability.py", "tests/engine/test_state_store.py"),
    "mlops_iac/engine/state/journal.py": (
        "tests/engine/test_durability.py",
        "tests/engine/test_journal.py",
        "tests/engine/test_crash.py",
    ),
    "mlops_iac/engine/state/lock.py": ("tests/engine/test_durability.py", "tests/engine/test_state_store.py"),
    "mlops_iac/engine/values/content.py": ("tests/engine/test_values.py", "tests/engine/test_wire.py"),
    "mlops_iac/engine/values/secrets.py": ("tests/engine/test_secrets.py", "tests/engine/test_durability.py"),
    "mlops_iac/engine/values/wire.py": ("tests/engine/test_wire.py",),
    "mlops_iac/engine/state/state_store.py": ("tests/engine/test_state_store.py", "tests/engine/test_durability.py"),
    "mlops_iac/pipelines/blocks.py": ("tests/pipelines/test_blocks.py",),
    "mlops_iac/pipelines/compile/step_functions/beside.py": ("tests/pipelines/test_beside.py",),
    "mlops_iac/pipelines/compile/step_functions/gate.py": ("tests/pipelines/test_gates.py",),
    "mlops_iac/pipelines/pipeline.py": ("tests/pipelines/test_pipeline.py",),
    "mlops_iac/runs/drain.py": ("tests/runs/test_drain.py",),
}
"""Module to test files or folders."""
