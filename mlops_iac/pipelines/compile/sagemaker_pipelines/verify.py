"""Before a version of the registry serves: the environment's verifier is asked whether it is signed."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps import Step

VERIFIED = "package"


def verify(step: Step, context: Context, package: Any) -> list[Native]:
    """A Lambda step, whose output is the version that it was asked for; none where models are not signed."""
    verifier = context.bindings.verifier_arn
    if verifier is None:
        return []
    return [
        {
            "Name": f"{step.name}--verify",
            "Type": "Lambda",
            "FunctionArn": verifier,
            "Arguments": {"package": package},
            "OutputParameters": [{"OutputName": VERIFIED, "OutputType": "String"}],
        }
    ]


def verified(step: Step, context: Context, package: Any) -> Any:
    """The version, as the verifier answered it: what reads it waits for the verifier."""
    if context.bindings.verifier_arn is None:
        return package
    return x.made(f"{step.name}--verify", f"OutputParameters['{VERIFIED}']")
