"""Before a version of the registry serves: the environment's verifier is asked whether it is signed."""

from __future__ import annotations

from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps import Step


def verify(step: Step, context: Context, package: str, next: str, *, name: str = "") -> States:
    """One state, called like the step unless it has a name, that goes on to ``next``; none where models are not signed.
    ``package`` is the path of the version's ARN."""
    verifier = context.bindings.verifier_arn
    if verifier is None:
        return {}
    event = {"package.$": package}
    asked = {"FunctionName": verifier, "Payload": event}
    return {name or step.name: task("lambda:invoke", asked, next, generic="Lambda.AWSLambdaException", ResultPath=None)}
