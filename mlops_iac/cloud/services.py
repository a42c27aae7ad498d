"""moto's services as a whole: import them ahead of the first request, empty them."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

USED: Final = (
    "s3", "iam", "sts", "kms", "ec2", "sagemaker", "stepfunctions", "logs", "glue", "batch", "athena", "ecr", "sns",
    "cloudwatch", "events", "budgets", "scheduler", "ssm", "sqs", "dynamodb", "cloudtrail", "efs", "config",
)  # fmt: skip
"""The services that components use, in the order a deployment meets them."""


def import_all(gateway: Gateway) -> None:
    """Import and patch the services that a deployment will use, so that its first requests do not wait for it.

    Each import runs while requests are answered; Python's import lock keeps the two apart. A cloud that has stopped
    patches nothing any more: another may have begun in this process.
    """
    for service in USED:
        try:
            for part in ("models", "responses", "urls"):
                importlib.import_module(f"moto.{service}.{part}")
            if gateway.closed:
                return
            gateway.prepare(service)
        except ImportError:
            log.exception("moto's %s cannot be imported.", service)


def prepare_loaded(gateway: Gateway) -> None:
    """Patch the services that a snapshot brought in."""
    for service in USED:
        if f"moto.{service}.models" in sys.modules:
            gateway.prepare(service)


def reset() -> None:
    """Empty all of moto's backends. The caller holds the gateway's lock."""
    if "moto.core.base_backend" not in sys.modules:
        return  # moto that was not asked for anything yet holds nothing
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()
