"""The version of a registry that was approved last, found when a run comes to the step that wants it."""

from __future__ import annotations

from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.steps import Step

NONE = "NoChampion"
"""What a run fails with when no version is approved."""


def find_champion(step: Step, context: Context, registry: str, next: str) -> States:
    """States that leave its ARN at `champion_path` and go on to ``next``; the first is called like the step."""
    group = context.bindings.registries[registry]
    judge, none = f"{step.name}: judge", f"{step.name}: none"
    asked = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    return {
        step.name: task(
            "aws-sdk:sagemaker:listModelPackages",
            asked,
            judge,
            generic="SageMaker.SageMakerException",
            ResultSelector={"approved.$": "$.ModelPackageSummaryList[*].ModelPackageArn"},
            ResultPath=x.result(step.name),
        ),
        judge: {
            "Type": "Choice",
            "Choices": [{"Variable": champion_path(step), "IsPresent": True, "Next": next}],
            "Default": none,
        },
        none: {
            "Type": "Pass",
            "Parameters": {"Error": NONE, "Cause": no_champion(group)},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }


def champion_path(step: Step) -> str:
    return f"{x.result(step.name)}.approved[0]"


def no_champion(group: str) -> str:
    return f"No version of {group} is approved: run a pipeline that registers one, or approve one."
