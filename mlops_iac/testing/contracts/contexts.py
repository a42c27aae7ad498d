"""Options under which a law reaches every question that a blueprint asks: some are asked only after others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.pipelines.compile import TARGETS

OTHER: Final = next(name for name in [*TARGETS][::-1] if name != TrainingOptions.model_fields["orchestrator"].default)
"""An orchestrator that is not the usual one."""

TRAINING_CONTEXTS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "batch": {
            "enabled": True,
            "more": {"large": {"instance_types": ["r6i.4xlarge"], "buying": ["on_demand"], "subnet": 1}},
        },
        "files": {},
        "tables": {"patients": {"columns": {"id": "bigint"}}},
        "hyperparameters": {"C": "1"},
        "serving": {"flavour": "realtime"},
        "promotion": {"from": ["churn-dev"], "to": ["churn-prod"]},
    },
    {
        "orchestrator": OTHER,
        "serving": {"flavour": "async", "strategy": {"kind": "rolling"}},
        "triggers": {
            "nightly": {"kind": "schedule", "when": "cron(0 6 * * ? *)"},
            "fresh": {"kind": "data"},
            "drift": {"kind": "drift", "alarm": "drift"},
        },
    },
    {"gate": {"metric": "rmse", "at_most": 3}, "promotion": {"from": ["tiny-qa"]}},
    {"framework": {"name": "pytorch", "version": "2.5.1"}, "batch": {"enabled": True}},
    {},
)
"""Of blueprints that are made of the training parts, as tabular-batch is."""
