"""SageMaker: tags of experiments, trials and their components, which moto drops when they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_MADE = (
    ("CreateExperiment", "experiments", "ExperimentName"),
    ("CreateTrial", "trials", "TrialName"),
    ("CreateTrialComponent", "trial_components", "TrialComponentName"),
)


def apply(gateway: Gateway) -> None:
    for operation, collection, name in _MADE:
        gateway.after("sagemaker", operation, _remember(gateway, collection, name))


def _remember(gateway: Gateway, collection: str, name: str) -> Any:
    def remember(call: Call) -> None:
        from moto.sagemaker.models import sagemaker_backends

        with gateway.locked("sagemaker"):
            made = getattr(sagemaker_backends[call.account_id][call.region], collection)[call.params[name]]
            made.tags = [dict(tag) for tag in call.params.get("Tags") or ()]

    return remember
