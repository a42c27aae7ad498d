"""Where moto differs from AWS in ways that matter here, and what is done about it: one file per service.

Everything that touches moto's insides is in this folder, so that an upgrade of moto has one place to look.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from mlops_iac.core.errors import CloudError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MOTO: Final = "5.2."
"""The moto versions whose insides these patches know."""

PATCHES: Final = (
    "athena", "awslambda", "batch", "budget_actions", "budgets", "cognitoidp", "config", "ec2", "ec2_deletes",
    "ec2_placement", "efs", "events", "glue", "iam", "loaders", "logs", "models", "rds", "s3", "s3_answers",
    "s3_at_once", "s3_locks", "sagemaker", "sagemaker_cards",
    "sagemaker_experiments", "sagemaker_studio", "stepfunctions", "stepfunctions_versions",
)  # fmt: skip
"""One module each with ``apply(gateway)``."""


def apply(gateway: Gateway) -> None:
    """Patch moto and hook into the gateway; `CloudError` when this moto is not the one the patches know."""
    import moto

    if not moto.__version__.startswith(MOTO):
        raise CloudError(
            "This moto is not the one the embedded cloud is made for.",
            f"Version {moto.__version__} is installed; versions {MOTO}* are known.",
            hint="pip install 'moto>=5.2.5,<5.3'",
        )
    for name in PATCHES:
        importlib.import_module(f"{__name__}.{name}").apply(gateway)
